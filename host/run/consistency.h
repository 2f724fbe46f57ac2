// SPDX-License-Identifier: MIT
// What must be true of every finished attention, whatever it computed. A difference is a bug, never
// a result.
#pragma once
#include "host/run/run_record.h"

namespace tessera::host {

/// Holds the counters against each other, the formulas, firmware's merging and what the memory saw.
/// std::logic_error.
void require_consistent(const RunRecord& record);

/// The calls that an oracle with the slots of `record` would take, by packing and by formula.
/// std::logic_error if they differ; 0 without slots.
uint64_t packed_calls_of(const RunRecord& record);

}  // namespace tessera::host
