// SPDX-License-Identifier: MIT
// Batches of sequences of different length on the command line.
#pragma once
#include "host/cli/options.h"

namespace CLI {
class App;
}

namespace tessera::host {

/// `run` must have --random already. Files with lists become sources of `line`.
void add_batch_options(CLI::App& run, CommandLine& line);

}  // namespace tessera::host
