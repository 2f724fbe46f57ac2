// SPDX-License-Identifier: MIT
// `tessera generate`: text by a decoder.
#pragma once
#include <string>
#include <vector>

#include "host/cli/options.h"

namespace tessera::host {

/// Prints the text as it comes, or its tokens, and the report; exit code as run_command().
int generate_command(const CommandLine& line, const std::vector<std::string>& command_line);

}  // namespace tessera::host
