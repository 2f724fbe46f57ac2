// SPDX-License-Identifier: MIT
// Approximate schedules on the command line.
#pragma once
#include <optional>

#include "host/approximation/approximation.h"
#include "host/cli/options.h"

namespace CLI {
class App;
}

namespace tessera::host {

/// Which tiles are seen.
void add_approximation_options(CLI::App& run, RunOptions& o);
/// What the audit's verdict is about and what it does; behind the options above.
void add_verdict_options(CLI::App& run, RunOptions& o);

/// What `o` asks for, if it does. UserError if it also asks for what an approximate schedule does
/// not go with.
std::optional<Approximation> approximation_of(const RunOptions& o);

}  // namespace tessera::host
