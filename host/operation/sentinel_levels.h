// SPDX-License-Identifier: MIT
// How high the sentinel of a black box lies, head by head.
#pragma once
#include <cstdint>
#include <vector>

#include "host/operation/layout.h"
#include "host/problem/inputs.h"

namespace tessera::host {

/// For each query head the level of its queries, bf16: the layout's offset above the median over
/// sampled queries of their largest score with sampled keys. Scores that are not finite do not
/// count.
std::vector<uint16_t> sentinel_levels(const Inputs& inputs, const Layout& layout);

}  // namespace tessera::host
