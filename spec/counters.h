// SPDX-License-Identifier: MIT
// The counters: name, unit and exact definition. Register offsets and report
// keys come from this list.
#pragma once
#include <stdint.h>

namespace tessera::spec {

// Engine states are disjoint and exhaustive: busy + every stall + idle == cycles, for each engine.
// The window is the cycles t with a <= t < r: a = acceptance of the first descriptor read after
// reset or CLEAR_COUNTERS, r = retirement of the last FENCE.
#define TESSERA_COUNTERS(X)                                                                        \
    X(Cycles, "cycles", "cycle",                                                                   \
      "length of the window: first descriptor read accepted to FENCE retired")                     \
    X(LoadBusy, "load_busy", "cycle", "a LOAD has started and not retired")                        \
    X(LoadStall, "load_stall", "cycle",                                                            \
      "not busy, and a LOAD waits for its bank or the read port")                                  \
    X(LoadIdle, "load_idle", "cycle", "no LOAD queued or started")                                 \
    X(ScoreBusy, "score_busy", "cycle", "a key enters the score stage")                            \
    X(ScoreStallQ, "score_stall_q", "cycle", "not busy, and the next ATTEND waits for its Q bank") \
    X(ScoreStallK, "score_stall_k", "cycle", "as before with Q ready, waiting for the K bank")     \
    X(ScoreStallBuffer, "score_stall_buffer", "cycle",                                             \
      "as before with Q and K ready, waiting for a score buffer")                                  \
    X(ScoreIdle, "score_idle", "cycle", "no ATTEND queued, no lane group left to enter")           \
    X(ValueBusy, "value_busy", "cycle", "a key enters the value stage")                            \
    X(ValueStallV, "value_stall_v", "cycle",                                                       \
      "not busy, and the next lane group waits for the V bank")                                    \
    X(ValueStallState, "value_stall_state", "cycle",                                               \
      "as before with V ready, waiting for the state bank")                                        \
    X(ValueStallScore, "value_stall_score", "cycle",                                               \
      "as before with the banks ready, waiting for scores or the shadow register")                 \
    X(ValueIdle, "value_idle", "cycle",                                                            \
      "no lane group has started in the score stage and not here")                                 \
    X(StoreBusy, "store_busy", "cycle", "a store or FENCE record has started and not retired")     \
    X(StoreStall, "store_stall", "cycle", "not busy, and a store waits for its state rows")        \
    X(StoreIdle, "store_idle", "cycle", "no store queued or started")                              \
    X(BytesQ, "bytes_q", "byte", "read beats of LOAD_Q times the bus width")                       \
    X(BytesK, "bytes_k", "byte", "read beats of LOAD_K times the bus width")                       \
    X(BytesV, "bytes_v", "byte", "read beats of LOAD_V times the bus width")                       \
    X(BytesStateRead, "bytes_state_read", "byte", "read beats of LOAD_STATE times the bus width")  \
    X(BytesIndex, "bytes_index", "byte", "read beats of gather index lists times the bus width")   \
    X(BytesDescriptor, "bytes_descriptor", "byte",                                                 \
      "read beats of descriptor lines times the bus width")                                        \
    X(BytesO, "bytes_o", "byte", "write beats of STORE_O times the bus width")                     \
    X(BytesStateWrite, "bytes_state_write", "byte",                                                \
      "write beats of STORE_STATE times the bus width")                                            \
    X(BytesRecord, "bytes_record", "byte", "write beats of FENCE records times the bus width")     \
    X(ReadBursts, "read_bursts", "burst", "read addresses presented")                              \
    X(WriteBursts, "write_bursts", "burst", "write addresses presented")                           \
    X(SramQWrite, "sram_q_write", "beat", "beats written to Q banks")                              \
    X(SramKWrite, "sram_k_write", "beat", "beats written to K banks")                              \
    X(SramVWrite, "sram_v_write", "beat", "beats written to V banks")                              \
    X(SramQRead, "sram_q_read", "row", "Q rows read: LANES per cycle of score_busy")               \
    X(SramKRead, "sram_k_read", "row", "K rows read: one per lane group and key it visits")        \
    X(SramVRead, "sram_v_read", "row", "V rows read: one per lane group and key it visits")        \
    X(SramScoreWrite, "sram_score_write", "entry",                                                 \
      "scores written: LANES per cycle of score_busy")                                             \
    X(SramScoreRead, "sram_score_read", "entry", "scores read: LANES per cycle of value_busy")     \
    X(SramStateWrite, "sram_state_write", "row", "state rows written by merges and LOAD_STATE")    \
    X(SramStateRead, "sram_state_read", "row",                                                     \
      "state rows read by merges of ATTEND continue and by stores")                                \
    X(CommandsRetired, "commands_retired", "command", "commands retired, this FENCE included")     \
    X(AttendsRetired, "attends_retired", "command", "ATTEND commands retired: calls made")         \
    X(RowsEmpty, "rows_empty", "row", "rows of STORE_O with no allowed key")                       \
    X(RowsNan, "rows_nan", "row", "rows of STORE_O in which a score or weight was NaN")            \
    X(RowsSaturated, "rows_saturated", "row", "rows of STORE_O in which a score was clamped")      \
    X(RowsDiv0, "rows_div0", "row", "rows of STORE_O normalised by l = 0")

enum class Counter : uint32_t {
#define TESSERA_X(id, name, unit, text) k##id,
    TESSERA_COUNTERS(TESSERA_X)
#undef TESSERA_X
};

struct CounterInfo {
    const char* name;
    const char* unit;
    const char* definition;
};

inline constexpr CounterInfo kCounterTable[] = {
#define TESSERA_X(id, name, unit, text) {name, unit, text},
    TESSERA_COUNTERS(TESSERA_X)
#undef TESSERA_X
};

inline constexpr uint32_t kCounters = sizeof(kCounterTable) / sizeof(kCounterTable[0]);

}  // namespace tessera::spec
