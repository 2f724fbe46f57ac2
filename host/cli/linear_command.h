// SPDX-License-Identifier: MIT
// `tessera linear`: linear attention on the device.
#pragma once
#include <string>
#include <vector>

#include "host/cli/operation_run.h"
#include "host/cli/options.h"

namespace tessera::host {

/// The linear attention that `experiment` asks for, placed and, but with --timing-only, read.
/// UserError.
OperationJob linear_operation(const Experiment& experiment,
                              const std::vector<std::string>& command_line);

/// Attends and prints the report; the exit code. UserError, DeviceError.
int linear_command(const CommandLine& line, const std::vector<std::string>& command_line);

}  // namespace tessera::host
