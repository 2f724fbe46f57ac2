// SPDX-License-Identifier: MIT
#include "host/cli/gemm_command.h"

#include <memory>
#include <utility>

#include "host/cli/operation_run.h"
#include "host/operation/gemm_operation.h"
#include "host/problem/inputs.h"

namespace tessera::host {
namespace {

GemmInputs matrices_of(const Experiment::Workload& workload, bool shapes_only, Gemm& gemm) {
    const Experiment::Arrays& arrays = workload.arrays;
    if (workload.source != Source::kRandom) return open_gemm(arrays.a, arrays.b, shapes_only, gemm);
    gemm.m = random_dimension("rows", workload.random.rows);
    gemm.n = random_dimension("columns", workload.random.columns);
    gemm.k = random_dimension("inner", workload.random.inner);
    return random_gemm(workload.random.seed, shapes_only, gemm);
}

}  // namespace

OperationJob gemm_operation(const Experiment& experiment,
                            const std::vector<std::string>& command_line) {
    Gemm p;
    p.bf16_output = experiment.workload.output_format == OutputFormat::kBf16;
    ResolvedConfig config = operation_config(experiment);
    GemmInputs shapes = matrices_of(experiment.workload, true, p);
    auto operation = std::make_shared<GemmOperation>(p, std::move(shapes), config.platform.params,
                                                     config.energy);
    MemoryMap map(config.platform);
    operation->place(map);
    if (!experiment.outputs.timing_only)  // now it is known to fit
        operation->set_inputs(matrices_of(experiment.workload, false, p));
    return operation_job(experiment, command_line, std::move(config), map, std::move(operation));
}

int gemm_command(const CommandLine& line, const std::vector<std::string>& command_line) {
    OperationJob job = gemm_operation(line.experiment, command_line);
    return run_operation(line, job);
}

}  // namespace tessera::host
