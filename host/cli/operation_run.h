// SPDX-License-Identifier: MIT
// An operation (host/report/operation_report.h) from its command line to its report: simulated,
// checked, written. What `tessera gemm` and `tessera linear` have in common.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "host/cli/options.h"
#include "host/operation/operation.h"
#include "host/report/operation_report.h"

namespace tessera::host {

struct OperationJob {
    OperationRecord record;                      ///< what is known before the run
    std::shared_ptr<const Operation> operation;  ///< placed
    std::vector<std::string> notes;              ///< for the user
};

/// The configuration that `experiment` asks for.
ResolvedConfig operation_config(const Experiment& experiment);

/// The job of an operation that was placed in `map`.
OperationJob operation_job(const Experiment& experiment,
                           const std::vector<std::string>& command_line, ResolvedConfig config,
                           const MemoryMap& map, std::shared_ptr<const Operation> operation);

/// Judges a result. `outcome` is that of its run.
Exactness exactness_of(const OperationJob& job, const std::vector<float>& result,
                       const RunOutcome& outcome);

/// Runs it and prints the report. UserError, DeviceError; the exit code.
int run_operation(const CommandLine& line, OperationJob& job);

}  // namespace tessera::host
