// SPDX-License-Identifier: MIT
#include "host/run/execution_of.h"

#include <utility>

#include "host/run/device_factory.h"
#include "host/run/job.h"

namespace tessera::host {

Execution execution_of(const Experiment& experiment, const RunHooks& hooks) {
    RunProgress(hooks).phase("reading the input");
    Job job = make_job(experiment, experiment.outputs.timing_only);
    const hw::DeviceFactory make_device =
        device_factory(experiment.machine.implementation, job.config, "");
    return Execution(experiment, std::move(job), make_device, hooks);
}

}  // namespace tessera::host
