// SPDX-License-Identifier: MIT
// Where many simulations run at once, each in a process of its own, more threads only get in each
// other's way.
#pragma once

namespace tessera::host {

/// From now on references of this process take one thread where they are asked for none in
/// particular. Nothing but their speed changes.
void use_one_reference_thread();

}  // namespace tessera::host
