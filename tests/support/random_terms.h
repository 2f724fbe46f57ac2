// SPDX-License-Identifier: MIT
// Masks as ATTEND carries them, with given terms and random operands.
#pragma once
#include <random>

#include "spec/mask.h"

namespace tessera::test {

/// A legal mask with these `flags` on a device of `m` tokens. Positions are near or far, as `far`
/// says.
inline spec::Mask random_terms(std::mt19937_64& random, uint32_t flags, uint32_t m, uint32_t far) {
    const auto any = [&](uint64_t n) { return static_cast<uint32_t>(random() % n); };
    spec::Mask mask;
    mask.flags = flags;
    if ((flags & spec::kMaskWindow) != 0) mask.window = 1 + any(far);
    if ((flags & spec::kMaskSink) != 0) mask.sinks = any(uint64_t{far} + 1);
    if ((flags & (spec::kMaskBlock | spec::kMaskSummary)) != 0)
        mask.block = 1u << any(far > 1u << 30 ? 32 : 6);
    if ((flags & spec::kMaskSummary) != 0) mask.summary = 1 + any(mask.block);
    if ((flags & spec::kMaskFree) != 0) mask.free_from = any(m + 1);
    if ((flags & spec::kMaskDiagOff) != 0) mask.diag_group = 1 + any(m);
    if ((flags & spec::kMaskPrefix) != 0) mask.prefix = any(uint64_t{far} + 1);
    return mask;
}

}  // namespace tessera::test
