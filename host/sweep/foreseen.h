// SPDX-License-Identifier: MIT
// What a point will take, before it is simulated.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "include/tessera/experiment.h"

namespace tessera::host {

struct Foreseen {
    std::optional<uint64_t> cycles;  ///< predicted; nothing for a gemm or linear attention
    std::optional<double> seconds;   ///< of one processor, likewise
    std::string refused;             ///< why it cannot run; empty if it can
};

/// Of one point. Seconds are kStartSeconds + cycles / kCyclesPerSecond, and with data
/// multiply-adds / kMultiplyAddsPerSecond, as measured where docs/results/performance.md was: half
/// or twice as long is no surprise.
Foreseen foreseen(const Experiment& experiment);

}  // namespace tessera::host
