// SPDX-License-Identifier: MIT
// Many points, of which each ends with an outcome.
#pragma once
#include <functional>
#include <vector>

#include "host/sweep/executor.h"
#include "host/sweep/store.h"

namespace tessera::host {

/// Runs the points that `store` does not have, notes how each ends there, and returns the outcomes
/// in the order of the points. nullptr: nothing is stored. `progress` is told how many have ended.
std::vector<Outcome> sweep(const std::vector<SweepPoint>& points, const Executor& executor,
                           SweepStore* store = nullptr,
                           const std::function<void(size_t ended)>& progress = {});

}  // namespace tessera::host
