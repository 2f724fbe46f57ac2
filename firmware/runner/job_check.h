// SPDX-License-Identifier: MIT
// Does a job fit a device? Asked before anything is written to it.
#pragma once
#include "firmware/driver/status.h"
#include "firmware/plan/job.h"
#include "spec/params.h"

namespace tessera::fw {

/// The first rule that `job` breaks on this device, or kNone. Addresses are checked for alignment,
/// not for being mapped: that is the memory's answer.
[[nodiscard]] JobRule check_job(const AttentionJob& job, const spec::DeviceParams& device);

}  // namespace tessera::fw
