// SPDX-License-Identifier: MIT
// Tiles of schedule strided: docs/contract/schedules.md, section 3.
#pragma once
#include <cstdint>

#include "host/problem/problem.h"

namespace tessera::host {

/// The schedule with tiles of its own.
fw::ScheduleId strided_schedule();

/// Rows of a query tile: all keys that they see are one key tile. 0: the mask is no causal window,
/// perhaps with sinks, alone; or it leaves fewer than two rows. `m`: tile tokens.
uint32_t strided_rows(const Problem& problem, uint32_t m);

/// UserError, naming the field, if the problem's schedule is strided and cannot be.
void check_strided(const Problem& problem, uint32_t m);

}  // namespace tessera::host
