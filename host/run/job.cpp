// SPDX-License-Identifier: MIT
#include "host/run/job.h"

#include <fmt/format.h>

#include "firmware/plan/schedule.h"
#include "host/error.h"
#include "host/experiment/problem_of.h"
#include "host/operation/approximate.h"
#include "host/problem/row_causal.h"
#include "host/problem/strided.h"
#include "host/problem/tile_flags.h"
#include "host/problem/tile_order.h"

namespace tessera::host {
namespace {

std::string shared_schedules() {
    std::vector<std::string> names;
    for (const ScheduleInfo& info : schedules())
        if (info.shared) names.emplace_back(info.name);
    return fmt::format("{}", fmt::join(names, ", "));
}

uint32_t device_count(uint64_t devices, const Problem& problem) {
    if (devices != 1 && fw::schedule_type(problem.schedule).open_tiles == 0)
        throw bad_field(
            "machine.devices", std::to_string(devices),
            fmt::format("1 with this `schedule.name`: only {} can be shared", shared_schedules()));
    return static_cast<uint32_t>(devices);
}

}  // namespace

Job make_job(const Experiment& experiment, bool timing_only,
             const std::function<void(const Job& job)>& checked) {
    Job job;
    job.config = config_of(experiment);
    hw::PlatformConfig& platform = job.config.platform;
    platform.timing_only = timing_only;
    job.problem = problem_of(experiment);
    platform.devices = device_count(experiment.machine.devices, job.problem);
    const Experiment::Mask& mask = experiment.workload.mask;
    if (!mask.tile_flags.empty()) job.problem.mask.tiles = read_tile_flags(mask.tile_flags);
    if (!experiment.schedule.order.empty())
        job.problem.order = std::make_shared<const std::vector<fw::TilePair>>(
            read_tile_order(experiment.schedule.order));
    job.inputs = inputs_of(experiment, true, job.problem);
    check_sequences(job.problem);  // before anything is worked out from them
    divide_documents(job.problem);
    if (mask.kind == MaskKind::kSparse)
        job.problem.mask.block = sparse_block(job.problem.most_keys());
    if (!experiment.workload.scale) job.problem.scale = default_scale(job.problem.d_k);
    check_problem(job.problem, platform, job.config.device_name, shape_fields(experiment));
    if (!job.problem.cover)
        job.problem.sentinel =
            choose_sentinel(job.problem, sentinel_wish(experiment), platform.params);
    check_strided(job.problem, platform.params.m);
    check_row_causal(job.problem, platform.params.m, platform.devices);
    if (job.problem.approximation) {
        check_approximation(*job.problem.approximation,
                            approximation_shape(job.problem, platform.params.m));
        if (platform.params.profile == spec::Profile::kBlackbox)
            throw UserError(
                "`experiment`: `schedule.approximation.rule` needs a device of profile stats or "
                "stateful, not "
                "blackbox");
    }
    if (checked) checked(job);
    if (experiment.schedule.name == kAutoSchedule) {
        job.candidates = schedule_candidates(job.problem, sentinel_wish(experiment), platform,
                                             experiment.schedule.minimise);
        if (!job.candidates.empty()) {
            job.problem.schedule = job.candidates.front().schedule;
            job.problem.stacked = job.candidates.front().stacked;
            job.problem.sentinel = job.candidates.front().sentinel;
        }
    }
    job.layout = make_layout(job.problem, platform);
    // Only now is it known that the data fits.
    if (!timing_only) job.inputs = inputs_of(experiment, false, job.problem);
    if (job.problem.approximation) {
        select_tiles_of(job.problem, job.inputs, platform.params.m);
        job.layout = make_layout(job.problem, platform);
    }
    return job;
}

}  // namespace tessera::host
