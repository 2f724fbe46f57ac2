// SPDX-License-Identifier: MIT
#include "firmware/summary_list.h"

#include "firmware/tile_map.h"

namespace tessera::fw {

uint64_t summary_list_bytes(const AttentionJob& job, const spec::DeviceParams& device) {
    const uint32_t summaries = TileMap(job, device.m).summaries();
    const uint32_t parts = summaries / device.m + (summaries % device.m != 0 ? 1 : 0);
    return uint64_t{parts} * summary_part_bytes(device);
}

bool write_summary_list(const AttentionJob& job, const spec::DeviceParams& device, Bus& bus) {
    const TileMap map(job, device.m);
    const uint32_t part_bytes = summary_part_bytes(device);
    for (uint32_t n = 0; n < map.summaries(); ++n) {
        const uint64_t at = uint64_t{n / device.m} * part_bytes + n % device.m * 4;
        if (!bus.write32(job.summary_list + at, map.summary_row(n))) return false;
    }
    return true;
}

}  // namespace tessera::fw
