// SPDX-License-Identifier: MIT
// What must be true of every finished run, whatever it computed. A difference is a bug, never a
// result.
#pragma once
#include "host/run/run_record.h"

namespace tessera::host {

/// Holds the number of calls against that of the formula, and the cycles of each engine against all
/// cycles. std::logic_error.
void require_consistent_counters(const RunOutcome& outcome, uint64_t formula, uint32_t devices = 1);

/// The same of an attention, and its counters against formulas, firmware's merging and what the
/// memory saw. std::logic_error.
void require_consistent(const RunRecord& record);

/// The calls that an oracle with the slots of `record` would take, by packing and by formula.
/// std::logic_error if they differ; 0 without slots.
uint64_t packed_calls_of(const RunRecord& record);

}  // namespace tessera::host
