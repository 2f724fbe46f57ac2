// SPDX-License-Identifier: MIT
// A platform's memory as workloads see it.
#pragma once
#include "host/operation/device_memory.h"
#include "host/platform/platform.h"

namespace tessera::host {

/// `platform` must outlive it.
inline MemoryAccess access_to(Platform& platform) {
    return
        [&platform](uint64_t address, uint64_t bytes) { return platform.memory(address, bytes); };
}

}  // namespace tessera::host
