// SPDX-License-Identifier: MIT
#include "host/cli/linear_command.h"

#include <memory>
#include <utility>

#include "host/cli/operation_run.h"
#include "host/experiment/problem_of.h"
#include "host/operation/linear_operation.h"

namespace tessera::host {

OperationJob linear_operation(const Experiment& experiment,
                              const std::vector<std::string>& command_line) {
    Problem p;
    p.mask.causal = experiment.workload.mask.kind != MaskKind::kDense;
    ResolvedConfig config = operation_config(experiment);
    Inputs inputs = inputs_of(experiment, true, p);
    std::vector<std::string> notes = inputs.notes;
    auto operation = std::make_shared<LinearOperation>(p, std::move(inputs), config.platform);
    MemoryMap map(config.platform);
    operation->place(map);
    if (!experiment.outputs.timing_only) {  // now it is known to fit
        inputs = inputs_of(experiment, false, p);
        notes = inputs.notes;
        operation->set_inputs(std::move(inputs));
    }
    OperationJob job =
        operation_job(experiment, command_line, std::move(config), map, std::move(operation));
    job.notes = std::move(notes);
    return job;
}

int linear_command(const CommandLine& line, const std::vector<std::string>& command_line) {
    OperationJob job = linear_operation(line.experiment, command_line);
    return run_operation(line, job);
}

}  // namespace tessera::host
