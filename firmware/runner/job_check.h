// SPDX-License-Identifier: MIT
// Does a job fit a device? Asked before anything is written to it.
#pragma once
#include "firmware/driver/status.h"
#include "firmware/runner/job.h"
#include "spec/params.h"

namespace tessera::fw {

/// The first rule that `job` breaks on this device, or kNone. Addresses are checked for alignment,
/// not for being mapped: that is the memory's answer.
[[nodiscard]] JobRule check_job(const AttentionJob& job, const spec::DeviceParams& device);

/// Rows of `row_bytes` at multiples of the bus width? Heads may interleave: [tokens][heads][dim].
bool placed(const Tensor& tensor, uint32_t row_bytes, uint32_t bus_bytes);

}  // namespace tessera::fw
