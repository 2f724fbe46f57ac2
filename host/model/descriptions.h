// SPDX-License-Identifier: MIT
// The files of models/, compiled in: descriptions of models whose weights scripts/fetch_model gets.
#pragma once
#include <vector>

#include "host/config/presets.h"

namespace tessera::host {

/// By name.
const std::vector<EmbeddedPreset>& embedded_models();

}  // namespace tessera::host
