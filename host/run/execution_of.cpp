// SPDX-License-Identifier: MIT
#include "host/run/execution_of.h"

#include <utility>

#include "host/predict/host_time.h"
#include "host/run/decisions.h"
#include "host/run/device_factory.h"
#include "host/run/job.h"

namespace tessera::host {

namespace {

/// What was decided, and how long it will take; the RTL is too slow to foretell.
void tell(const RunProgress& progress, const Experiment& experiment, const Job& job) {
    const hw::PlatformConfig& platform = job.config.platform;
    const std::string unchecked =
        reason_not_to_check(experiment.outputs, platform.timing_only, job.problem);
    for (const std::string& decision : decisions_on(experiment, job)) progress.decision(decision);
    progress.decision(unchecked.empty() ? "the result is compared with double precision"
                                        : "the result is not compared: " + unchecked);
    const bool model = experiment.machine.implementation == Implementation::kModel;
    if (!model || job.problem.cover || job.problem.approximation) return;
    const WorkFormula work = work_formula(job.problem, platform.params.m);
    const std::string text =
        long_run_text(host_time(job.problem, work, platform, unchecked.empty()));
    if (!text.empty()) progress.note(text);
}

}  // namespace

Execution execution_of(const Experiment& experiment, const RunHooks& hooks) {
    RunProgress progress(hooks);
    progress.phase("reading the input");
    Job job = make_job(experiment, experiment.outputs.timing_only,
                       [&](const Job& planned) { tell(progress, experiment, planned); });
    const hw::DeviceFactory make_device =
        device_factory(experiment.machine.implementation, job.config, "");
    return Execution(experiment, std::move(job), make_device, hooks);
}

}  // namespace tessera::host
