// SPDX-License-Identifier: MIT
// `tessera diff`: what differs between two reports or sweeps that were written earlier.
#pragma once
#include <CLI/CLI.hpp>

#include "host/cli/options.h"

namespace tessera::host {

void add_diff_options(CLI::App& diff, CommandLine& line);

/// Prints the differences; kExitMismatch if a result moved by more than --fail-over. UserError.
int diff_command(const DiffOptions& options, const std::string& format);

}  // namespace tessera::host
