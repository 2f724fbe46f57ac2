// SPDX-License-Identifier: MIT
// Where many simulations run at once, each in a process of its own, more threads only get in each
// other's way.
#pragma once

namespace tessera::hw {

/// Devices that this process makes from now on compute tiles in place, without a thread of their
/// own. Nothing but their speed changes.
void compute_in_place();

}  // namespace tessera::hw
