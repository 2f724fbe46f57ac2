// SPDX-License-Identifier: MIT
// `tessera run`, `gemm` and `linear`: one experiment, its report and its files.
#pragma once
#include <string>
#include <vector>

#include "host/cli/options.h"
#include "host/exit_codes.h"
#include "include/tessera/error.h"

namespace tessera::host {

/// That of an error that ended a command.
int exit_code(ErrorCode code);

/// Runs and prints the report on stdout; returns kExitGood, kExitMismatch or kExitNotValid.
/// `command_line` is for the report. Error; anything else is a bug. Once per process.
int run_command(const CommandLine& line, const std::vector<std::string>& command_line);

}  // namespace tessera::host
