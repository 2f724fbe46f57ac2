// SPDX-License-Identifier: MIT
// Many points, of which each ends with an outcome, in a folder from which a sweep that was broken
// off goes on.
#pragma once
#include <functional>
#include <string>

#include "host/sweep/executor.h"
#include "host/sweep/point_list.h"
#include "host/sweep/store.h"

namespace tessera::host {

/// Runs the points that `store` does not have, each once, and notes there how it ends. `progress`
/// is told how many of all have ended.
void sweep(const PointList& points, const Executor& executor, SweepStore& store,
           const std::function<void(size_t ended)>& progress = {});

/// Those that `store` does not have.
std::vector<size_t> missing(const PointList& points, const SweepStore& store);

/// UserError if `store` has outcomes of none of the points: a sweep would lose them.
void refuse_strangers(const PointList& points, const SweepStore& store);

}  // namespace tessera::host
