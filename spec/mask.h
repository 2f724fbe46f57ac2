// SPDX-License-Identifier: MIT
// Which keys a query may see: a predicate on token positions and tile rows.
// docs/contract/device.md, section 4.
#pragma once
#include <stdint.h>

#include "spec/params.h"

namespace tessera::spec {

/// Terms of a mask; any combination is legal.
enum MaskFlag : uint32_t {
    kMaskCausal = 1u << 0,   ///< k <= q
    kMaskWindow = 1u << 1,   ///< local: q - k < window and, unless causal, k - q < window
    kMaskSink = 1u << 2,     ///< local: k < sinks
    kMaskBlock = 1u << 3,    ///< local: q and k in the same block
    kMaskSummary = 1u << 4,  ///< local: k among the last `summary` of its block
    kMaskFree = 1u << 5,     ///< tile key rows from free_from on are always allowed
    kMaskDiagOff = 1u << 6,  ///< tile rows of the same group of diag_group rows never meet
    kMaskPrefix = 1u << 7,   ///< k < prefix is allowed, whatever causal and local terms say
};
inline constexpr uint32_t kMaskLocal = kMaskWindow | kMaskSink | kMaskBlock | kMaskSummary;
inline constexpr uint32_t kMaskTerms = 8;
inline constexpr uint32_t kMaskAll = (1u << kMaskTerms) - 1;

/// A mask as ATTEND carries it. Operands whose flag is not set are ignored and must be zero.
struct Mask {
    uint32_t flags = 0;
    uint32_t window = 0;      ///< positions, at least 1
    uint32_t sinks = 0;       ///< positions
    uint32_t block = 0;       ///< positions, a power of two (for kMaskBlock and kMaskSummary)
    uint32_t summary = 0;     ///< positions, 1 to block
    uint32_t free_from = 0;   ///< tile key row, 0 to M
    uint32_t diag_group = 0;  ///< tile rows, 1 to M
    uint32_t prefix = 0;      ///< positions
};
inline constexpr uint32_t kMaskWords = 8;  ///< of a Mask, in a descriptor and in a job's words
static_assert(sizeof(Mask) == 4 * kMaskWords);

/// A mask as words, in the order of its members.
constexpr void put_mask(const Mask& mask, uint32_t* words) {
    words[0] = mask.flags;
    words[1] = mask.window;
    words[2] = mask.sinks;
    words[3] = mask.block;
    words[4] = mask.summary;
    words[5] = mask.free_from;
    words[6] = mask.diag_group;
    words[7] = mask.prefix;
}

constexpr Mask mask_of(const uint32_t* words) {
    return {words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7]};
}

/// The local part: true if no local term is given or any given one holds.
constexpr bool mask_local(const Mask& mask, uint32_t q, uint32_t k) {
    if ((mask.flags & kMaskLocal) == 0) return true;
    const bool causal = (mask.flags & kMaskCausal) != 0;
    if ((mask.flags & kMaskWindow) != 0) {
        // Positions are below 2^31, so the wrapped difference of the other sign is large.
        const bool near = k <= q ? q - k < mask.window : (causal || k - q < mask.window);
        if (near) return true;
    }
    if ((mask.flags & kMaskSink) != 0 && k < mask.sinks) return true;
    const uint32_t in_block = mask.block - 1;
    if ((mask.flags & kMaskBlock) != 0 && ((q ^ k) & ~in_block) == 0) return true;
    return (mask.flags & kMaskSummary) != 0 && (k & in_block) >= mask.block - mask.summary;
}

/// May the query in tile row i at position q see the key in tile row j at position k?
/// Both rows must be valid; the caller masks rows past the end of a tile.
constexpr bool mask_allows(const Mask& mask, uint32_t i, uint32_t j, uint32_t q, uint32_t k) {
    if ((mask.flags & kMaskDiagOff) != 0 && i / mask.diag_group == j / mask.diag_group)
        return false;
    if ((mask.flags & kMaskFree) != 0 && j >= mask.free_from) return true;
    if ((mask.flags & kMaskPrefix) != 0 && k < mask.prefix) return true;
    if ((mask.flags & kMaskCausal) != 0 && k > q) return false;
    return mask_local(mask, q, k);
}

/// Is every operand in its range, and every operand without its flag zero?
constexpr bool mask_legal(const Mask& mask, uint32_t m) {
    const auto given = [&](uint32_t flags) { return (mask.flags & flags) != 0; };
    const bool power_of_two = mask.block != 0 && (mask.block & (mask.block - 1)) == 0;
    if ((mask.flags & ~kMaskAll) != 0) return false;
    if (given(kMaskWindow) ? mask.window == 0 || mask.window > kPositionLimit : mask.window != 0)
        return false;
    if (given(kMaskSink) ? mask.sinks > kPositionLimit : mask.sinks != 0) return false;
    if (given(kMaskPrefix) ? mask.prefix > kPositionLimit : mask.prefix != 0) return false;
    if (given(kMaskBlock | kMaskSummary) ? !power_of_two : mask.block != 0) return false;
    if (given(kMaskSummary) ? mask.summary == 0 || mask.summary > mask.block : mask.summary != 0)
        return false;
    if (given(kMaskFree) ? mask.free_from > m : mask.free_from != 0) return false;
    if (given(kMaskDiagOff) ? mask.diag_group == 0 || mask.diag_group > m : mask.diag_group != 0)
        return false;
    return true;
}

}  // namespace tessera::spec
