// SPDX-License-Identifier: MIT
// The timing contract: every latency the model and the RTL share, in device cycles.
// docs/contract/timing.md derives each constant from the pipeline it stands for. "Visible" means: a
// value written in cycle t is read in t+1 at the earliest, everywhere.
#pragma once
#include "spec/params.h"

namespace tessera::spec {

using Cycle = uint64_t;

// Control
inline constexpr Cycle kCsrAccessCycles = 4;  ///< register sampled or written in the first of these
inline constexpr Cycle kAcceptCycles = 1;  ///< address presented in t is taken by the memory in t+1
/// Read beat on the bus in t is written to its bank in t+1.
inline constexpr Cycle kSinkCycles = 1;

// Score stage: key enters (SRAM address) at S; +1 operands, +2 product, then D adders of
// INTERLEAVE stages, 2 for the scaling product, 1 for the conversion to fixed point.
inline constexpr Cycle kScaleCycles = 2;
inline constexpr Cycle kConvertCycles = 1;
inline constexpr Cycle kScoreWriteCycles = 2 + kScaleCycles + kConvertCycles;  ///< c_s
inline constexpr Cycle kMaxKnownCycles = kScoreWriteCycles;                    ///< c_m

// Value stage: score buffer address at V; +1 score, then exp2, then product, adder, shadow
// register.
inline constexpr Cycle kExpCycles = 4;
inline constexpr Cycle kValueReadCycles = 4;  ///< V bank address for the key that entered at V

// Store engine: state bank address at t; +1 row, +1 beat selected, divide, pack, FIFO.
inline constexpr Cycle kStoreReadCycles = 2;
inline constexpr Cycle kDivideCycles = 16;
inline constexpr Cycle kPackCycles = 1;
inline constexpr Cycle kStorePipeCycles = kStoreReadCycles + kDivideCycles + kPackCycles;

/// Cycles in which the n keys of a group enter a stage, I rows in turn.
constexpr Cycle group_cycles(const DeviceParams& p, uint32_t n) { return Cycle{p.interleave} * n; }

/// E(g) - S(g): the row maxima of a group with n keys are known. D is the parameter, whatever d_k
/// is.
constexpr Cycle max_known_after(const DeviceParams& p, uint32_t n) {
    return Cycle{p.interleave} * (n + p.d) + kMaxKnownCycles;
}

/// Last read of the Q and K banks is over this long after S(last group); the banks are free then.
constexpr Cycle score_release_after(const DeviceParams& p, uint32_t n) {
    return Cycle{p.interleave} * (n + p.d);
}

/// Lane groups that have scores in the score buffer, at most; it has entries for 2 * M keys.
inline constexpr uint32_t kScoreLaneGroups = 4;

/// S(g) >= V(h) + I*k + 1 - score_lead: the group's first entry is written after group h has read
/// the score of its key k.
constexpr Cycle score_lead(const DeviceParams& p) {
    return Cycle{p.interleave} * p.d + kScoreWriteCycles;
}

/// V(g) - V(g-1) at least: keys of g-1 enter, and the shadow register of g-1 (LANES*INTERLEAVE
/// rows, one a cycle) is empty before the rows of g arrive.
constexpr Cycle value_spacing(const DeviceParams& p, uint32_t n_previous, uint32_t n) {
    const uint32_t short_by = n < p.lanes ? p.lanes - n : 0;
    return Cycle{p.interleave} * (n_previous + short_by);
}

/// The V bank is free this long after V(last group).
constexpr Cycle value_release_after(const DeviceParams& p, uint32_t n) {
    return Cycle{p.interleave} * n + kValueReadCycles;
}

/// Row r of a group is written to the state bank in cycle V(g) + merge_write_after + r:
/// 1 score, kExpCycles, 1 product, 1 shadow, 1 rescale, adder once more (c_v = I + 8).
constexpr Cycle merge_write_after(const DeviceParams& p, uint32_t n) {
    return Cycle{p.interleave} * n + p.interleave + 8;
}

}  // namespace tessera::spec
