// SPDX-License-Identifier: MIT
// The keys of the energy estimate's constants, and the rules over several of them.
#pragma once
#include <vector>

#include "host/config/keys.h"

namespace tessera::host {

std::vector<ConfigKey> energy_keys();

/// UserError if the low end of a range is above its high end, or if a node is named of which no
/// constant is given.
void check_energy(const ResolvedConfig& config);

}  // namespace tessera::host
