// SPDX-License-Identifier: MIT
// Device cycles as plain numbers, without SystemC (simulated_time.h).
#pragma once
#include "spec/latency.h"

namespace tessera::hw {

using spec::Cycle;

/// No such cycle (yet).
inline constexpr Cycle kNever = UINT64_MAX;

}  // namespace tessera::hw
