// SPDX-License-Identifier: MIT
// The mask of a lane group: spec/mask.h in a loop that is vectorised across keys, and the shortcut
// for tiles in which all is allowed. Nothing else in the model knows the terms of a mask. Compiled
// once per instruction set, so that nothing here may be shared by the linker.
#pragma once
#include <cstdint>

#include "hw_model/arith/tile_kernel_isa.h"
#include "spec/mask.h"

namespace tessera::hw::detail {
namespace {

/// The lowest and the highest of some positions.
struct PositionRange {
    uint32_t low, high;
};

inline PositionRange range_of(const uint32_t* positions, uint32_t n) {
    PositionRange range{positions[0], positions[0]};
    for (uint32_t i = 1; i < n; ++i) {
        if (positions[i] < range.low) range.low = positions[i];
        if (positions[i] > range.high) range.high = positions[i];
    }
    return range;
}

/// Does the mask allow every pair, by the range of positions alone? May miss some that do.
inline bool allows_all(const spec::Mask& mask, const uint32_t* q_position, uint32_t rows,
                       const uint32_t* k_position, uint32_t keys) {
    const uint32_t flags = mask.flags;
    if ((flags & spec::kMaskDiagOff) != 0) return false;
    const bool causal = (flags & spec::kMaskCausal) != 0;
    const bool local = (flags & spec::kMaskLocal) != 0;
    if (!causal && !local) return true;
    const PositionRange q = range_of(q_position, rows), k = range_of(k_position, keys);
    if (causal && k.high > q.low) return false;
    if (!local) return true;
    if ((flags & spec::kMaskWindow) == 0) return false;
    const bool behind = k.low >= q.high || q.high - k.low < mask.window;
    const bool ahead = k.high <= q.low || k.high - q.low < mask.window;
    return behind && ahead;
}

/// spec::mask_allows with every choice turned into an operand, so that the loop has no branch.
inline bool mask_row(const MaskRow& in, uint8_t* __restrict state) {
    const spec::Mask& mask = *in.mask;
    const auto given = [&](uint32_t flag) { return (mask.flags & flag) != 0; };
    const bool causal = given(spec::kMaskCausal);
    const uint32_t q = in.q;
    const uint32_t last = causal ? q : UINT32_MAX;
    const uint32_t back = given(spec::kMaskWindow) ? mask.window : 0;
    const uint32_t ahead = causal ? 0 : back;
    const uint32_t sinks = given(spec::kMaskSink) ? mask.sinks : 0;
    const uint32_t in_block = mask.block - 1;
    const uint32_t block = given(spec::kMaskBlock) ? 1 : 0;
    const uint32_t summary = given(spec::kMaskSummary) ? 1 : 0;
    const uint32_t summary_from = mask.block - mask.summary;
    const uint32_t everywhere = given(spec::kMaskLocal) ? 0 : 1;
    const uint32_t free_from = given(spec::kMaskFree) ? mask.free_from : UINT32_MAX;
    const uint32_t prefix = given(spec::kMaskPrefix) ? mask.prefix : 0;
    const bool diagonal = given(spec::kMaskDiagOff);
    const uint32_t group = diagonal ? mask.diag_group : 0;
    const uint32_t group_first = diagonal ? in.row / group * group : 0;
    const uint32_t* __restrict keys = in.k;
    const uint32_t n = in.keys;
    uint32_t masked = 0;
    for (uint32_t j = 0; j < n; ++j) {
        const uint32_t k = keys[j];
        const uint32_t past = k <= q;
        const uint32_t near = (past & (q - k < back)) | ((past ^ 1) & (k - q < ahead));
        const uint32_t same = ((q ^ k) & ~in_block) < block;
        const uint32_t in_summary = (k & in_block) >= summary_from;
        const uint32_t local = everywhere | near | (k < sinks) | same | (in_summary & summary);
        const uint32_t free = (j >= free_from) | (k < prefix);
        const uint32_t apart = j - group_first >= group;
        const uint32_t allowed = apart & (free | (local & (k <= last)));
        state[j] = static_cast<uint8_t>(allowed ^ 1);
        masked |= allowed ^ 1;
    }
    for (uint32_t j = n; j < in.padded; ++j) state[j] = kMaskedEntry;
    return masked != 0;
}

}  // namespace
}  // namespace tessera::hw::detail
