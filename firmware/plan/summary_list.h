// SPDX-License-Identifier: MIT
// The list (row_list.h) that gathers the summary tokens of a Sparse Transformer mask.
#pragma once
#include <stdint.h>

#include "firmware/driver/bus.h"
#include "firmware/plan/job.h"
#include "spec/params.h"

namespace tessera::fw {

/// Bytes at job.summary_list; 0 without kMaskSummary.
uint64_t summary_list_bytes(const AttentionJob& job, const spec::DeviceParams& device);

/// Writes the list. False at a bus error.
[[nodiscard]] bool write_summary_list(const AttentionJob& job, const spec::DeviceParams& device,
                                      Bus& bus);

}  // namespace tessera::fw
