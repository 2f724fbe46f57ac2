// SPDX-License-Identifier: MIT
// `tessera run`: inputs to device memory, one simulation, the check, the report.
#pragma once
#include <string>
#include <vector>

#include "host/cli/options.h"

namespace tessera::host {

inline constexpr int kExitGood = 0;
inline constexpr int kExitMismatch = 1;
inline constexpr int kExitUserError = 2;
inline constexpr int kExitNotValid = 3;  ///< the result, for this input
inline constexpr int kExitDeviceError = 4;
inline constexpr int kExitInternalError = 70;

/// Runs and prints the report on stdout; returns kExitGood, kExitMismatch or kExitNotValid.
/// `command_line` is for the report. Throws UserError, DeviceError; anything else is a bug. Once
/// per process.
int run_command(const CommandLine& line, const std::vector<std::string>& command_line);

}  // namespace tessera::host
