// SPDX-License-Identifier: MIT
// A whole run by the fast engine: the same cycles, counters and trace as the SystemC model gives,
// of runs that it can do.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "host/operation/layout.h"
#include "host/platform/platform.h"
#include "hw_model/config.h"

namespace tessera::host {

/// Why the fast engine cannot run this; empty: it can.
std::string why_not_fast(const Layout& layout, const hw::PlatformConfig& config);

/// What a run leaves behind, of each device, and of the memory.
struct FastRun {
    std::vector<RunOutcome> devices;
    hw::MemoryOutcome memory;
    uint64_t periods = 0;  ///< of steady work that were passed over
};

struct FastOptions {
    bool forward = true;  ///< pass over steady work
    /// Hears how many calls have begun, of all devices together; may be empty.
    std::function<void(uint64_t calls)> progress;
};

/// why_not_fast() is empty.
FastRun run_fast(const Layout& layout, const hw::PlatformConfig& config,
                 const FastOptions& options = {});

}  // namespace tessera::host
