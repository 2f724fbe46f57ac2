// SPDX-License-Identifier: MIT
// What the side-band trace port says: when each command and each lane group started and ended.
#pragma once
#include <cstdint>

#include "hw_model/core/cycle.h"
#include "hw_model/core/window_series.h"
#include "spec/command.h"
#include "spec/counters.h"

namespace tessera::hw {

/// One dispatched command. `start` and `retire` are kNever if it was discarded or never retired.
struct CommandTrace {
    spec::Opcode opcode = spec::Opcode::kFence;
    uint16_t tag = 0;
    uint64_t number = 0;  ///< descriptors before it since reset
    Cycle dispatch = kNever;
    /// Left its wait: ATTEND S(0), loads first address, stores first row read.
    Cycle start = kNever;
    Cycle retire = kNever;  ///< last bank write, last merged row, last write response
};

/// One lane group of an ATTEND.
struct LaneGroupTrace {
    uint64_t number = 0;  ///< of the ATTEND
    uint32_t group = 0;
    uint32_t keys = 0;
    Cycle score_start = kNever;  ///< S: first key enters the score stage
    Cycle value_start = kNever;  ///< V: first key enters the value stage
    Cycle merged = kNever;       ///< last row written to the state bank
};

/// Cycles in which an engine or a stage only waited, and the counter that says for what.
struct StallTrace {
    spec::Counter cause = spec::Counter::kLoadStall;
    Cycle begin = 0, end = 0;
};

/// Cycles in which a stage was busy, over the whole run.
struct StageActivity {
    WindowSeries score, value;
};

}  // namespace tessera::hw
