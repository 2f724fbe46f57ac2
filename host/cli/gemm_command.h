// SPDX-License-Identifier: MIT
// `tessera gemm`: the product of two matrices on the device.
#pragma once
#include <string>
#include <vector>

#include "host/cli/operation_run.h"
#include "host/cli/options.h"

namespace tessera::host {

/// The gemm that `experiment` asks for, placed and, but with --timing-only, read. UserError.
OperationJob gemm_operation(const Experiment& experiment,
                            const std::vector<std::string>& command_line);

/// Multiplies and prints the report; the exit code. UserError, DeviceError.
int gemm_command(const CommandLine& line, const std::vector<std::string>& command_line);

}  // namespace tessera::host
