// SPDX-License-Identifier: MIT
// `tessera profile`: what a decoder would cost, from its config.json alone.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/cli/options.h"

namespace tessera::host {

inline constexpr uint32_t kMostProfiled = 1 << 20;  ///< tokens of a prompt

/// Prints the report; returns kExitGood. UserError for options, the configuration and a head that
/// is wider than the device. `command_line` is for the report.
int profile_command(const CommandLine& line, const std::vector<std::string>& command_line);

}  // namespace tessera::host
