// SPDX-License-Identifier: MIT
// The configuration keys of a device, of its firmware's processor, and of every memory.
#pragma once
#include <vector>

#include "host/config/keys.h"

namespace tessera::host {

std::vector<ConfigKey> machine_keys();

}  // namespace tessera::host
