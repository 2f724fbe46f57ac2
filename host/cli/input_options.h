// SPDX-License-Identifier: MIT
// Tensors on the command line: from files, or random.
#pragma once
#include "include/tessera/experiment.h"

namespace CLI {
class App;
}

namespace tessera::host {

/// Tensors from files or random numbers; what takes them apart from what they mean. `verify`: that
/// command's, whose random jobs have no input.
void add_input_options(CLI::App& run, Experiment::Workload& workload, bool verify);

}  // namespace tessera::host
