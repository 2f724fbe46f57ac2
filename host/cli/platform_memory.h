// SPDX-License-Identifier: MIT
// A platform's memory as workloads see it.
#pragma once
#include "host/platform/platform.h"
#include "host/workload/device_memory.h"

namespace tessera::host {

/// `platform` must outlive it.
inline MemoryAccess access_to(Platform& platform) {
    return
        [&platform](uint64_t address, uint64_t bytes) { return platform.memory(address, bytes); };
}

}  // namespace tessera::host
