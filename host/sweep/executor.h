// SPDX-License-Identifier: MIT
// Runs the points of a sweep, each in a process of its own. Whatever happens to one is its outcome,
// and the others go on.
#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "host/run/worker.h"
#include "host/sweep/outcome.h"

namespace tessera::host {

/// What is done for a point. Its text is the result.
using PointWork = std::function<std::string()>;

/// Takes the outcome of point `index`, once for each, in the order in which they end.
using Ends = std::function<void(size_t index, Outcome outcome)>;

/// Runs points and tells their ends.
using Executor = std::function<void(const std::vector<PointWork>& points, const Ends& ends)>;

struct ProcessLimits {
    size_t at_once = 1;                     ///< 0 is taken as 1
    unsigned seconds = kSimulationSeconds;  ///< that a point may take
    bool one_processor = false;             ///< a point takes one, not as many as there are
};

/// Each in a process of its own. A crash is an outcome, and so is a point that takes too long.
void run_in_processes(const std::vector<PointWork>& points, const ProcessLimits& limits,
                      const Ends& ends);

}  // namespace tessera::host
