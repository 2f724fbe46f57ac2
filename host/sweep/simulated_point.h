// SPDX-License-Identifier: MIT
// A point of a sweep, simulated in this process: what it comes to and what its figures mean.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "include/tessera/experiment.h"

namespace tessera::host {

/// Simulates `experiment`. JSON on one line with the members `outcome` (host/sweep/record.h) and
/// `definitions`, a list of [path, unit, meaning]. Nothing of it depends on the time that it took,
/// so it is the same each time. Error. Once per process.
std::string simulated_point(const Experiment& experiment);

}  // namespace tessera::host
