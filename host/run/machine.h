// SPDX-License-Identifier: MIT
// The machine of a run, if this computer has room for it.
#pragma once
#include "host/platform/platform.h"

namespace tessera::host {

/// UserError if this computer has no room for the device memory.
Platform make_platform(const hw::PlatformConfig& config);

}  // namespace tessera::host
