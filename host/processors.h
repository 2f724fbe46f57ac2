// SPDX-License-Identifier: MIT
// How many processors the work of this process may keep busy. Nothing but its speed depends on it.
#pragma once
#include <sched.h>

#include <algorithm>
#include <atomic>

namespace tessera::host {

inline std::atomic<unsigned> most_processors{0};  // 0: all that there are

/// From now on at most `most`: where many processes work at once, more threads in each only get in
/// each other's way.
inline void use_processors(unsigned most) { most_processors = most; }

/// Those that this process may run on, but not more than use_processors() allows; at least one.
inline unsigned processors() {
    cpu_set_t allowed;
    const bool known = sched_getaffinity(0, sizeof allowed, &allowed) == 0;
    const unsigned there = known ? static_cast<unsigned>(CPU_COUNT(&allowed)) : 1;
    const unsigned most = most_processors;
    return std::max(most == 0 ? there : std::min(there, most), 1U);
}

}  // namespace tessera::host
