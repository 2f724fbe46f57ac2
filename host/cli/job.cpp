// SPDX-License-Identifier: MIT
#include "host/cli/job.h"

#include <fmt/format.h>

#include <charconv>

#include "firmware/plan/schedule.h"
#include "host/cli/batch_options.h"
#include "host/cli/input_files.h"
#include "host/error.h"
#include "host/operation/approximate.h"
#include "host/problem/tile_flags.h"
#ifdef TESSERA_HAS_RTL
#include "rtl/sim/rtl_device.h"
#endif

namespace tessera::host {
namespace {

constexpr const char* kRandomSinks = "random";

/// "heads,tokens,dim" of --random.
RandomShape random_shape(const RunOptions& options, const Problem& problem) {
    RandomShape shape;
    uint64_t* const parts[] = {&shape.heads, &shape.tokens, &shape.dim};
    const char* at = options.random.data();
    const char* const end = at + options.random.size();
    for (size_t i = 0; i < 3; ++i) {
        const auto [rest, error] = std::from_chars(at, end, *parts[i]);
        const bool last = i == 2;
        if (error != std::errc() || (last ? rest != end : rest == end || *rest != ','))
            throw bad_value("command line", "--random", printable(options.random),
                            "three whole numbers HEADS,TOKENS,DIM");
        at = last ? rest : rest + 1;
    }
    shape.kv_heads = options.kv_heads;
    shape.keys = options.keys;
    shape.dim_v = options.dim_v;
    set_batch(options, problem, shape);
    return shape;
}

/// `shapes_only`: the shapes of `problem`, and no data.
Inputs inputs_of(const RunOptions& options, bool shapes_only, Problem& problem) {
    if (!options.random.empty()) {
        if (problem.sink_logits && options.sink_logits != kRandomSinks)
            throw bad_value("command line", "--sink-logits", options.sink_logits,
                            "random, beside --random: logits are drawn as q, k and v are");
        return random_inputs(random_shape(options, problem), options.seed, shapes_only, problem);
    }
    return open_inputs(input_files(options), options.allow_nonfinite, shapes_only, problem);
}

std::string shared_schedules() {
    std::vector<std::string> names;
    for (const ScheduleInfo& info : schedules())
        if (info.shared) names.emplace_back(info.name);
    return fmt::format("{}", fmt::join(names, ", "));
}

uint32_t device_count(const RunOptions& options, const Problem& problem) {
    if (options.num_devices != 1 && fw::schedule_type(problem.schedule).open_tiles == 0)
        throw bad_value(
            "command line", "--num-devices", std::to_string(options.num_devices),
            fmt::format("1 with this --schedule: only {} can be shared", shared_schedules()));
    return static_cast<uint32_t>(options.num_devices);
}

#ifdef TESSERA_HAS_RTL
void check_wave(const ResolvedConfig& config) {
    if (!rtl::has_waveforms(config.platform.params))
        throw UserError(
            "command line: --wave: this device's RTL was built without waveforms; "
            "TESSERA_RTL_WAVES says which have them (docs/use/verify.md)");
}

hw::DeviceFactory rtl_factory(const ResolvedConfig& config, const std::string& wave) {
    if (!rtl::has_verilated_top(config.platform.params))
        throw UserError(
            fmt::format("device {}: this program has no RTL with its parameters, only that of {}; "
                        "TESSERA_RTL_DEVICES says what is built (docs/use/verify.md)",
                        config.device_name, rtl::verilated_top_names()));
    if (!wave.empty()) check_wave(config);
    return rtl::rtl_factory(wave);
}
#else
hw::DeviceFactory rtl_factory(const ResolvedConfig&, const std::string&) {
    throw UserError(
        "this program was built without the RTL; build the one that has it with "
        "cmake --workflow --preset rtl");
}
#endif

}  // namespace

Job make_job(const RunOptions& options, bool timing_only) {
    Job job;
    job.config = resolve_config(options.device, options.memory, options.sets);
    hw::PlatformConfig& platform = job.config.platform;
    platform.timing_only = timing_only;
    job.problem = problem_of(options);
    platform.devices = device_count(options, job.problem);
    if (!options.tile_mask.empty()) job.problem.mask.tiles = read_tile_flags(options.tile_mask);
    job.inputs = inputs_of(options, true, job.problem);
    check_sequences(job.problem);  // before anything is worked out from them
    divide_documents(job.problem);
    if (options.mask == kSparseMask) job.problem.mask.block = sparse_block(job.problem.most_keys());
    if (!options.scale) job.problem.scale = default_scale(job.problem.d_k);
    check_problem(job.problem, platform, job.config.device_name);
    if (!job.problem.cover)
        job.problem.sentinel =
            choose_sentinel(job.problem, sentinel_wish(options), platform.params);
    if (job.problem.approximation) {
        check_approximation(*job.problem.approximation,
                            approximation_shape(job.problem, platform.params.m));
        if (platform.params.profile == spec::Profile::kBlackbox)
            throw UserError(
                "command line: --approximate needs a device of profile stats or stateful, not "
                "blackbox");
    }
    if (options.schedule == kAutoSchedule) {
        job.candidates = schedule_candidates(job.problem, platform);
        if (!job.candidates.empty()) {
            job.problem.schedule = job.candidates.front().schedule;
            job.problem.stacked = job.candidates.front().stacked;
        }
    }
    job.layout = make_layout(job.problem, platform);
    // Only now is it known that the data fits.
    if (!timing_only) job.inputs = inputs_of(options, false, job.problem);
    if (job.problem.approximation) {
        select_tiles_of(job.problem, job.inputs, platform.params.m);
        job.layout = make_layout(job.problem, platform);
    }
    return job;
}

hw::DeviceFactory device_factory(const RunOptions& options, const ResolvedConfig& config,
                                 const std::string& wave) {
    return options.impl == "rtl" ? rtl_factory(config, wave) : hw::DeviceFactory();
}

}  // namespace tessera::host
