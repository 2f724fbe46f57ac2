// SPDX-License-Identifier: MIT
// Cycles of a whole run without a stall, from the parameters alone: no simulation, no planner.
// docs/contract/timing.md has the rules that this adds up.
#pragma once
#include <cstdint>
#include <optional>

#include "host/operation/layout.h"
#include "host/problem/problem.h"
#include "hw_model/config.h"

namespace tessera::host {

/// The value that counter `cycles` has if the first tile's loads arrive back to back and, after
/// them, neither memory bandwidth nor firmware ever holds the compute engine up. Covers the
/// query-resident schedule on memory `ideal`, without summaries, documents, stacking, sinks and
/// ragged batches; nothing for others. Tail: the last query tile's stores and the FENCE.
std::optional<uint64_t> stall_free_cycles(const Problem& problem, const Layout& layout,
                                          const hw::PlatformConfig& config);

}  // namespace tessera::host
