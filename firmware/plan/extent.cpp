// SPDX-License-Identifier: MIT
#include "firmware/plan/extent.h"

namespace tessera::fw {

Extent extent_of(const TileMap& map, const spec::DeviceParams& device, uint32_t q_tile,
                 uint32_t k_tile, const spec::Mask& mask) {
    const Extent all{map.query_rows(q_tile), map.keys(q_tile, k_tile)};
    const AttentionJob& job = map.job();
    const bool lists = job.query_list.given() || job.key_list.given();
    if (!device.key_ranges || map.sentinel() || map.gathered(k_tile) || lists) return all;
    const Run q = map.query_run(q_tile, 0), k = map.key_run(k_tile, 0);
    if (q.rows != all.rows || k.rows != all.keys) return all;
    const spec::TilePositions tile{true, q.position, k.position};
    Extent extent;
    for (uint32_t row = 0; row < all.rows; row += device.group_rows()) {
        const uint32_t left = all.rows - row;
        const uint32_t rows = left < device.group_rows() ? left : device.group_rows();
        const spec::KeyRange seen = spec::seen_keys(mask, tile, row, rows, all.keys);
        if (seen.count == 0) continue;
        extent.rows = row + rows;
        if (seen.first + seen.count > extent.keys) extent.keys = seen.first + seen.count;
    }
    return extent;
}

}  // namespace tessera::fw
