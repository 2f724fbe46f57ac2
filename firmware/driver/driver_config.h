// SPDX-License-Identifier: MIT
// Where the driver finds its device, and which memory the host gives it.
#pragma once
#include <stdint.h>

namespace tessera::fw {

struct DriverConfig {
    uint64_t csr_base = 0;
    uint64_t ring_address = 0;      ///< multiple of 256 bytes
    uint32_t ring_descriptors = 0;  ///< power of two, 4 to 65,536
    uint64_t record_address = 0;    ///< completion records, one beat
    uint32_t watchdog_cycles = 0;   ///< 0: off
};

}  // namespace tessera::fw
