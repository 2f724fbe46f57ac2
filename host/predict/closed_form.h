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

/// Counter `cycles` of a run without stalls: the first tile's loads arrive back to back, and later
/// neither memory bandwidth nor firmware holds the compute engine up. The run ends with the last
/// query tile's stores and the FENCE. For the query-resident schedule on memory `ideal`, without
/// summaries, documents, stacking, sinks and ragged batches; nothing for others.
std::optional<uint64_t> stall_free_cycles(const Problem& problem, const Layout& layout,
                                          const hw::PlatformConfig& config);

}  // namespace tessera::host
