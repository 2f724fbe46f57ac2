// SPDX-License-Identifier: MIT
#include "host/run/execution_of.h"

#include <optional>
#include <utility>

#include "host/engine/engine.h"
#include "host/error.h"
#include "host/operation/layout.h"
#include "host/operation/memory_map.h"
#include "host/predict/host_time.h"
#include "host/run/decisions.h"
#include "host/run/device_factory.h"
#include "host/run/job.h"

namespace tessera::host {

namespace {

std::string unchecked(const Experiment& experiment, const Job& job) {
    return reason_not_to_check(experiment.outputs, job.config.platform.timing_only, job.problem);
}

/// Where it lies; nothing if the device memory has no room, which is said later.
std::optional<Layout> layout_of(const Job& job) {
    try {
        MemoryMap map(job.config.platform);
        return make_layout(job.problem, job.config.platform, map, std::nullopt,
                           ScheduleCheck::kNone);
    } catch (const UserError&) {
        return std::nullopt;
    }
}

Simulator simulator_of(const Experiment& experiment, const Job& job, const Layout& layout) {
    const Experiment::Machine& machine = experiment.machine;
    if (machine.engine == Engine::kSystemC || !why_not_fast(layout, job.config.platform).empty())
        return Simulator::kSystemC;
    const bool steady = job.problem.schedule == fw::ScheduleId::kQueryResident;
    return steady && machine.fast_forward ? Simulator::kFastForwarding : Simulator::kFast;
}

/// How long it will take, if that is long; the RTL is too slow to foretell.
void tell_time(const RunProgress& progress, const Experiment& experiment, const Job& job) {
    const bool model = experiment.machine.implementation == Implementation::kModel;
    if (!model || job.problem.cover || job.problem.approximation) return;
    const std::optional<Layout> layout = layout_of(job);
    if (!layout) return;
    const hw::PlatformConfig& platform = job.config.platform;
    const WorkFormula work = work_formula(job.problem, platform.params.m);
    const std::string text =
        long_run_text(host_time(job.problem, work, platform, unchecked(experiment, job).empty(),
                                simulator_of(experiment, job, *layout)));
    if (!text.empty()) progress.note(text);
}

void tell_decisions(const RunProgress& progress, const Experiment& experiment, const Job& job) {
    for (const std::string& decision : decisions_on(experiment, job)) progress.decision(decision);
    const std::string reason = unchecked(experiment, job);
    progress.decision(reason.empty() ? "the result is compared with double precision"
                                     : "the result is not compared: " + reason);
}

}  // namespace

Execution execution_of(const Experiment& experiment, const RunHooks& hooks) {
    RunProgress progress(hooks);
    progress.phase("reading the input");
    Job job = make_job(experiment, experiment.outputs.timing_only,
                       [&](const Job& checked) { tell_time(progress, experiment, checked); });
    tell_decisions(progress, experiment, job);
    const hw::DeviceFactory make_device =
        device_factory(experiment.machine.implementation, job.config, "");
    return Execution(experiment, std::move(job), make_device, hooks);
}

}  // namespace tessera::host
