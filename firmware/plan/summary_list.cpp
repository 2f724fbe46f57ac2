// SPDX-License-Identifier: MIT
#include "firmware/plan/summary_list.h"

#include "firmware/plan/row_list.h"
#include "firmware/plan/tile_map.h"

namespace tessera::fw {

uint64_t summary_list_bytes(const AttentionJob& job, const spec::DeviceParams& device) {
    const TileMap map(job, device.m);
    return list_bytes(map.summaries(), map.tile_keys(), device);
}

bool write_summary_list(const AttentionJob& job, const spec::DeviceParams& device, Bus& bus) {
    const TileMap map(job, device.m);
    for (uint32_t n = 0; n < map.summaries(); ++n)
        if (!bus.write32(list_address(job.summary_list, n, map.tile_keys(), device),
                         map.summary_row(n)))
            return false;
    return true;
}

}  // namespace tessera::fw
