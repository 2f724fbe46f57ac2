// SPDX-License-Identifier: MIT
// `tessera sweep` and `tessera merge`: many points, here or in shards on many machines.
#pragma once
#include <CLI/CLI.hpp>

#include "host/cli/options.h"

namespace tessera::host {

void add_sweep_options(CLI::App& sweep, CommandLine& line);
void add_merge_options(CLI::App& merge, CommandLine& line);

/// Runs what is missing, writes the results and prints them. Points that failed, were refused or
/// have no good result are records like others; then the exit code is that of the worst of them:
/// kExitInternalError, kExitDeviceError, kExitMismatch, kExitNotValid, and kExitUserError if all
/// were refused. UserError.
int sweep_command(const SweepOptions& options, const std::string& format);
/// Puts the folders of shards together: the same files as of a sweep of all points. Likewise.
int merge_command(const MergeOptions& options, const std::string& format);

}  // namespace tessera::host
