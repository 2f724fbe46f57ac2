// SPDX-License-Identifier: MIT
#include "firmware/summary_list.h"

#include "firmware/tile_map.h"

namespace tessera::fw {

uint64_t summary_list_bytes(const AttentionJob& job, const spec::DeviceParams& device) {
    const TileMap map(job, device.m);
    const uint32_t summaries = map.summaries(), keys = map.tile_keys();
    const uint32_t parts = summaries / keys + (summaries % keys != 0 ? 1 : 0);
    return uint64_t{parts} * summary_part_bytes(device);
}

bool write_summary_list(const AttentionJob& job, const spec::DeviceParams& device, Bus& bus) {
    const TileMap map(job, device.m);
    const uint32_t part_bytes = summary_part_bytes(device), keys = map.tile_keys();
    for (uint32_t n = 0; n < map.summaries(); ++n) {
        const uint64_t at = uint64_t{n / keys} * part_bytes + n % keys * 4;
        if (!bus.write32(job.summary_list + at, map.summary_row(n))) return false;
    }
    return true;
}

}  // namespace tessera::fw
