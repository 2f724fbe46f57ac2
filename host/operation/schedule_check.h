// SPDX-License-Identifier: MIT
// Does a schedule keep its promises (firmware/plan/schedule.h)? Asked for each job, before it runs.
#pragma once
#include <cstdint>

#include "firmware/runner/job.h"

namespace tessera::host {

/// Goes through the order of `job`, shared by `devices` devices if its schedule can be, with tiles
/// of `m` tokens: each pair that meets once, key tiles of a query tile ascending, no more query
/// tiles open than the schedule says, and of one key/value head. std::logic_error names the
/// schedule and the first pair that is wrong. Takes the time of firmware's planning and a word for
/// each query tile.
void check_schedule(const fw::AttentionJob& job, uint32_t m, uint32_t devices);

}  // namespace tessera::host
