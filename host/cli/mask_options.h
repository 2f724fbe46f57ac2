// SPDX-License-Identifier: MIT
// The mask on the command line.
#pragma once
#include "host/cli/options.h"
#include "host/problem/mask.h"

namespace CLI {
class App;
}

namespace tessera::host {

void add_mask_options(CLI::App& run, RunOptions& o);

/// The mask of `o`, all but what is in the input: the tile flags, which are in a file, and the
/// block of a sparse one, which follows from the number of keys. UserError.
AttentionMask mask_of(const RunOptions& o);

}  // namespace tessera::host
