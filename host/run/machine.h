// SPDX-License-Identifier: MIT
// The machine of a run: what this computer may refuse, and what its hooks want to know.
#pragma once
#include "host/platform/platform.h"
#include "host/run/run_progress.h"

namespace tessera::host {

/// UserError if this computer has no room for the device memory.
Platform make_platform(const hw::PlatformConfig& config);

/// Tells `progress` the share of `calls` that the devices have begun. Both must outlive the run.
void tell_calls(Platform& platform, RunProgress& progress, uint64_t calls);

}  // namespace tessera::host
