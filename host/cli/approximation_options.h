// SPDX-License-Identifier: MIT
// Approximate schedules on the command line.
#pragma once
#include "include/tessera/experiment.h"

namespace CLI {
class App;
}

namespace tessera::host {

/// Which tiles are seen.
void add_approximation_options(CLI::App& run, Experiment::Approximation& approximation);
/// What the audit's verdict is about and what it does; behind the options above.
void add_verdict_options(CLI::App& run, Experiment& experiment);

}  // namespace tessera::host
