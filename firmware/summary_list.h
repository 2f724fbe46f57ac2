// SPDX-License-Identifier: MIT
// The list that gathers the summary tokens of a Sparse Transformer mask: 32-bit key rows, as
// many as a key tile has for each gathered tile, each tile's part padded to whole beats.
#pragma once
#include <stdint.h>

#include "firmware/bus.h"
#include "firmware/job.h"
#include "spec/params.h"

namespace tessera::fw {

/// From one gathered tile's part of the list to the next.
constexpr uint32_t summary_part_bytes(const spec::DeviceParams& device) {
    return device.beats(uint64_t{4} * device.m) * device.bus_bytes;
}

/// Bytes at job.summary_list; 0 without kMaskTail.
uint64_t summary_list_bytes(const AttentionJob& job, const spec::DeviceParams& device);

/// Writes the list. False at a bus error.
[[nodiscard]] bool write_summary_list(const AttentionJob& job, const spec::DeviceParams& device,
                                      Bus& bus);

}  // namespace tessera::fw
