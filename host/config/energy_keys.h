// SPDX-License-Identifier: MIT
// The keys of the energy estimate's constants.
#pragma once
#include <vector>

#include "host/config/keys.h"

namespace tessera::host {

std::vector<ConfigKey> energy_keys();

}  // namespace tessera::host
