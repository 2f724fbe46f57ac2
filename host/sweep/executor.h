// SPDX-License-Identifier: MIT
// Runs the points of a sweep: here, one after the other, or each in a process of its own. Whatever
// happens to one is its outcome, and the others go on.
#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "host/run/worker.h"
#include "host/sweep/outcome.h"

namespace tessera::host {

struct SweepPoint {
    std::string name;  ///< no other point of the sweep has it
    std::function<Document()> work;
};

/// Takes the outcome of point `index`, once for each, in the order in which they end.
using Ends = std::function<void(size_t index, Outcome outcome)>;

/// Runs points and tells their ends.
using Executor = std::function<void(const std::vector<SweepPoint>& points, const Ends& ends)>;

/// One after the other, in this process. Not for points that simulate: SystemC elaborates once.
void run_inline(const std::vector<SweepPoint>& points, const Ends& ends);

struct ProcessLimits {
    size_t at_once = 1;                     ///< 0 is taken as 1
    unsigned seconds = kSimulationSeconds;  ///< that a point may take
};

/// Each in a process of its own. A crash is an outcome, and so is a point that takes too long.
void run_in_processes(const std::vector<SweepPoint>& points, const ProcessLimits& limits,
                      const Ends& ends);

}  // namespace tessera::host
