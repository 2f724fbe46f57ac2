// SPDX-License-Identifier: MIT
// What is known of a tile without reading it again: per dimension the mean and the bounds of its
// rows.
#pragma once
#include <cstdint>
#include <vector>

#include "host/reference/attention.h"

namespace tessera::host {

/// Of each tile of each head, each array [heads][tiles][dim].
struct TileSummaries {
    uint32_t heads = 0, tiles = 0, dim = 0;
    std::vector<double> mean, low, high;

    size_t at(uint32_t head, uint32_t tile) const { return (size_t{head} * tiles + tile) * dim; }
};

/// Summaries of a tensor [heads][tokens][dim] in tiles of `m` tokens; the last tile of a head is of
/// the tokens that are left.
TileSummaries summarise_tiles(const ElementReader& rows, uint32_t heads, uint32_t tokens,
                              uint32_t dim, uint32_t m);

}  // namespace tessera::host
