// SPDX-License-Identifier: MIT
// The configuration keys of memories of kind `dram`.
#pragma once
#include <vector>

#include "host/config/keys.h"

namespace tessera::host {

std::vector<ConfigKey> dram_keys();

}  // namespace tessera::host
