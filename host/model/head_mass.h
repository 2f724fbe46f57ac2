// SPDX-License-Identifier: MIT
// Where the heads of an attention look: which keys have the mass of their softmax.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

namespace tessera::host {

/// Distances from the diagonal, and so many first keys.
inline constexpr std::array<uint32_t, 3> kNearKeys = {16, 64, 256};
inline constexpr uint32_t kFirstKeys = 16;

/// Means over all queries of a head.
struct HeadMass {
    std::array<double, kNearKeys.size()> near{};  ///< mass of keys less than kNearKeys away
    double first = 0;                             ///< mass of the first kFirstKeys keys
    double perplexity = 0;                        ///< exp of the mean entropy: about so many keys
};

/// Queries and keys as matrices: a row for each token, heads side by side, `width` elements each.
struct HeadOperands {
    const std::vector<float>&q, &k;
    uint32_t query_heads = 0, kv_heads = 0, width = 0;
    bool causal = false;  ///< the last query sees all keys, each before it one less
};

/// For each query head, in double precision, with the scale 1 / sqrt(width).
std::vector<HeadMass> head_masses(const HeadOperands& operands);

}  // namespace tessera::host
