// SPDX-License-Identifier: MIT
// Does a schedule keep its promises (firmware/plan/schedule.h)? Asked for each job, before it runs.
#pragma once
#include <cstdint>

#include "firmware/plan/job.h"

namespace tessera::host {

/// Goes through the tile pairs of `job` in the order of its schedule, with tiles of `m` tokens;
/// `devices` devices share them if the schedule can be shared. Checks that each pair that meets
/// comes once, that key tiles of a query tile ascend, and that no more query tiles are open than
/// the schedule says, all of one key/value head. std::logic_error names the schedule and the first
/// wrong pair; of schedule `listed`, which the user wrote, UserError does. Takes the time of
/// firmware's planning and a word for each query tile.
void check_schedule(const fw::AttentionJob& job, uint32_t m, uint32_t devices);

}  // namespace tessera::host
