// SPDX-License-Identifier: MIT
#include "firmware/plan/row_list.h"

#include "firmware/plan/tiles.h"

namespace tessera::fw {
namespace {

bool write_list(const RowList& list, uint32_t count, const spec::DeviceParams& device, Bus& bus) {
    for (uint32_t n = 0; list.given() && n < count; ++n)
        if (!bus.write32(list_address(list.address, n, device.m, device), list.rows[n]))
            return false;
    return true;
}

}  // namespace

uint64_t list_bytes(uint32_t rows, uint32_t tile_rows, const spec::DeviceParams& device) {
    return uint64_t{tiles_of(rows, tile_rows)} * list_part_bytes(device);
}

uint64_t list_address(uint64_t list, uint32_t n, uint32_t tile_rows,
                      const spec::DeviceParams& device) {
    return list + uint64_t{n / tile_rows} * list_part_bytes(device) + n % tile_rows * 4;
}

bool write_row_lists(const AttentionJob& job, const spec::DeviceParams& device, Bus& bus) {
    return write_list(job.query_list, job.nq, device, bus) &&
           write_list(job.key_list, job.nk, device, bus);
}

}  // namespace tessera::fw
