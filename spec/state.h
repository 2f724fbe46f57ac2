// SPDX-License-Identifier: MIT
// The running result of one query row, how two are merged, and how one is stored.
// Elements (l and every O[j]) are merged and stored one by one, so nothing here knows d_v.
// docs/contract/device.md, section 5.
#pragma once
#include <stdint.h>

#include "spec/float.h"
#include "spec/softmax.h"

namespace tessera::spec {

/// Row flags; a merge takes the union.
inline constexpr uint32_t kRowNan = 1u << 0;        ///< a score or a weight was NaN
inline constexpr uint32_t kRowSaturated = 1u << 1;  ///< a score was clamped

/// What a state row holds beside O. In memory: the first beat of a row, words {l, m | flags << 16}.
struct RowState {
    int16_t m = kEmpty;  ///< integer maximum, log2; kEmpty: no key seen
    uint16_t flags = 0;
    uint32_t l = 0;  ///< fp32 bits: sum of the weights, scaled by 2^-m
};

constexpr uint32_t state_word(const RowState& row) {
    return static_cast<uint16_t>(row.m) | static_cast<uint32_t>(row.flags) << 16;
}
constexpr RowState row_state(uint32_t l, uint32_t word) {
    return {static_cast<int16_t>(word & 0xffff), static_cast<uint16_t>(word >> 16), l};
}

/// How the elements of two rows are brought together: take one side, or scale both down and add.
struct MergePlan {
    bool take_state = false;
    bool take_tile = false;
    uint32_t state_delta = 0;  ///< powers of two
    uint32_t tile_delta = 0;
    int16_t m = kEmpty;
};

/// Plan for maxima `state` and `tile`. EMPTY with x is x.
constexpr MergePlan merge_plan(int16_t state, int16_t tile) {
    if (tile == kEmpty) return {true, false, 0, 0, state};
    if (state == kEmpty) return {false, true, 0, 0, tile};
    const int32_t m = state > tile ? state : tile;
    return {false, false, static_cast<uint32_t>(m - state), static_cast<uint32_t>(m - tile),
            static_cast<int16_t>(m)};
}

/// One element of the merged row.
constexpr uint32_t merge_element(const MergePlan& plan, uint32_t state, uint32_t tile) {
    if (plan.take_state) return state;
    if (plan.take_tile) return tile;
    return fp_add(fp_scale_down(state, plan.state_delta), fp_scale_down(tile, plan.tile_delta));
}

/// l, m and flags of the merged row.
constexpr RowState merge_row(const RowState& state, const RowState& tile) {
    const MergePlan plan = merge_plan(state.m, tile.m);
    return {plan.m, static_cast<uint16_t>(state.flags | tile.flags),
            merge_element(plan, state.l, tile.l)};
}

/// One element as STORE_O writes it, fp32 bits; for bf16 the caller rounds once more.
constexpr uint32_t store_element(const RowState& row, uint32_t o, bool normalise) {
    if (row.m == kEmpty) return 0;
    if (normalise) return fp_div(o, row.l);
    return is_nan(o) ? kNan : is_zero(o) ? o & kSign : o;
}

/// Does normalising this row divide by zero? Only possible in identity mode.
constexpr bool divides_by_zero(const RowState& row) { return row.m != kEmpty && is_zero(row.l); }

}  // namespace tessera::spec
