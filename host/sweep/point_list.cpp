// SPDX-License-Identifier: MIT
#include "host/sweep/point_list.h"

#include "host/sweep/record.h"

namespace tessera::host {

PointList::PointList(const Grid& of, const Shard& shard) : grid(of) {
    for (size_t i = shard.number - 1; i < grid.size(); i += shard.count) {
        indices.push_back(i);
        hashes.push_back(point_hash(grid.point(i).experiment));
    }
}

}  // namespace tessera::host
