// SPDX-License-Identifier: MIT
// Batches of sequences of different length on the command line.
#pragma once
#include <string>
#include <vector>

#include "host/cli/options.h"
#include "host/problem/inputs.h"

namespace CLI {
class App;
}

namespace tessera::host {

/// `run` must have --random already.
void add_batch_options(CLI::App& run, RunOptions& o);

/// The lengths or offsets of `o`. UserError; whether they fit the tensors is known later
/// (check_problem).
void set_lengths(const RunOptions& o, Problem& problem);

/// The files that lists of `o` are read from.
std::vector<std::string> list_files(const RunOptions& o);

/// What the batch of `o` says of the shape of --random: as many sequences as there are lengths, as
/// many keys as the longest has, or as packed sequences have together.
void set_batch(const RunOptions& o, const Problem& problem, RandomShape& shape);

}  // namespace tessera::host
