// SPDX-License-Identifier: MIT
// Approximate schedules on the command line.
#pragma once
#include <CLI/CLI.hpp>
#include <optional>

#include "host/approximation/approximation.h"
#include "host/cli/options.h"

namespace tessera::host {

void add_approximation_options(CLI::App& run, RunOptions& o);

/// What `o` asks for, if it does. UserError if it also asks for what an approximate schedule does
/// not go with.
std::optional<Approximation> approximation_of(const RunOptions& o);

}  // namespace tessera::host
