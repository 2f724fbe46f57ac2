// SPDX-License-Identifier: MIT
// Lists of rows in device memory, through which tiles are gathered: 32-bit row numbers, as many as
// a tile has for each tile, each tile's part padded to whole beats.
#pragma once
#include <stdint.h>

#include "firmware/driver/bus.h"
#include "firmware/plan/job.h"
#include "spec/params.h"

namespace tessera::fw {

/// From one tile's part of a list to the next.
constexpr uint32_t list_part_bytes(const spec::DeviceParams& device) {
    return device.beats(uint64_t{4} * device.m) * device.bus_bytes;
}

/// Bytes of a list of `rows` rows, `tile_rows` of them a tile.
uint64_t list_bytes(uint32_t rows, uint32_t tile_rows, const spec::DeviceParams& device);

/// Where the n-th row of such a list is.
uint64_t list_address(uint64_t list, uint32_t n, uint32_t tile_rows,
                      const spec::DeviceParams& device);

/// Writes the lists of queries and keys that `job` has. False at a bus error.
[[nodiscard]] bool write_row_lists(const AttentionJob& job, const spec::DeviceParams& device,
                                   Bus& bus);

}  // namespace tessera::fw
