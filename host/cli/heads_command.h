// SPDX-License-Identifier: MIT
// `tessera heads`: where the heads of a model's encoder look.
#pragma once
#include <string>
#include <vector>

#include "host/cli/options.h"

namespace tessera::host {

/// Prints the report; exit code as run_command().
int heads_command(const CommandLine& given, const std::vector<std::string>& command_line);

}  // namespace tessera::host
