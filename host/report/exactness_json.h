// SPDX-License-Identifier: MIT
#pragma once
#include <nlohmann/json_fwd.hpp>

#include "host/operation/exactness.h"

namespace tessera::host {

/// Member `exactness` of a report; null if it is not known.
nlohmann::ordered_json exactness_json(const Exactness& exactness);

}  // namespace tessera::host
