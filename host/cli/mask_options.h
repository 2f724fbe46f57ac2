// SPDX-License-Identifier: MIT
// The mask on the command line.
#pragma once
#include <CLI/CLI.hpp>

#include "host/cli/options.h"
#include "host/workload/mask.h"

namespace tessera::host {

void add_mask_options(CLI::App& run, RunOptions& o);

/// The mask of `o`, all but the tile flags, which are in a file. UserError.
AttentionMask mask_of(const RunOptions& o);

}  // namespace tessera::host
