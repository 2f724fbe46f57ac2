// SPDX-License-Identifier: MIT
// The outcome of a legal command sequence against the golden device.
#pragma once
#include "host/verify/compare.h"
#include "host/verify/scenario.h"

namespace tessera::verify {

/// Every byte of [0, kDataBytes): written ones must be the golden device's, the others as before.
/// With `counters`, the row flag counters too.
void compare_with_golden(const Scenario& scenario, const Outcome& outcome, bool counters,
                         Comparison& comparison);

}  // namespace tessera::verify
