// SPDX-License-Identifier: MIT
// The points of a grid that are somebody's work: all of them, or those of one shard.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/sweep/grid.h"

namespace tessera::host {

/// The points whose place in the grid is number - 1 modulo count.
struct Shard {
    uint64_t number = 1, count = 1;
    std::string text() const { return std::to_string(number) + "/" + std::to_string(count); }
};

struct PointList {
    PointList(const Grid& of, const Shard& shard);

    size_t size() const { return indices.size(); }
    GridPoint point(size_t i) const { return grid.point(indices[i]); }

    const Grid& grid;
    std::vector<size_t> indices;      ///< in the grid
    std::vector<std::string> hashes;  ///< of each; equal experiments have the same
};

}  // namespace tessera::host
