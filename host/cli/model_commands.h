// SPDX-License-Identifier: MIT
// `tessera transcribe` and `tessera embed`: whole models at work.
#pragma once
#include <string>
#include <vector>

#include "host/cli/options.h"

namespace tessera::host {

/// Print text or similarities and the report; exit code as run_command().
int transcribe_command(const CommandLine& line, const std::vector<std::string>& command_line);
int embed_command(const CommandLine& line, const std::vector<std::string>& command_line);

}  // namespace tessera::host
