// SPDX-License-Identifier: MIT
// Kinds of commands that a step takes: what sequencers go through.
#pragma once
#include <stdint.h>

namespace tessera::fw {

/// Commands of a step as bits, in the order of issue. K comes before V because the score stage
/// needs it first, that of the next step too where the score stage would else wait for it; a FENCE
/// comes after the loads that need not wait for it.
enum Stage : uint32_t {
    kLoadQ = 1u << 0,
    kLoadK = 1u << 1,
    kLoadNextK = 1u << 2,
    kLoadV = 1u << 3,
    kFence = 1u << 4,
    kLoadState = 1u << 5,
    kAttend = 1u << 6,
    kStoreO = 1u << 7,
    kStoreLse = 1u << 8,
    kStoreState = 1u << 9,
    kStorePartial = 1u << 10,
};

}  // namespace tessera::fw
