// SPDX-License-Identifier: MIT
// `tessera verify`: reference, model and RTL on one job, or on many random ones.
#pragma once
#include <string>
#include <vector>

#include "host/cli/options.h"

namespace tessera::host {

/// Returns the exit code: 0, or 1 after the report of the first divergence.
int verify_command(const CommandLine& line, const std::vector<std::string>& command_line);
/// The same of a whole model.
int verify_model_command(const CommandLine& line, const std::vector<std::string>& command_line);

}  // namespace tessera::host
