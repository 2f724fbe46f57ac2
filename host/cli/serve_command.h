// SPDX-License-Identifier: MIT
// `tessera serve`: many requests to a decoder.
#pragma once
#include <string>
#include <vector>

#include "host/cli/options.h"

namespace tessera::host {

/// Prints the report; exit code as run_command().
int serve_command(const CommandLine& line, const std::vector<std::string>& command_line);

}  // namespace tessera::host
