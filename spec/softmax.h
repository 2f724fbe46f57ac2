// SPDX-License-Identifier: MIT
// Scores to weights, bit by bit: fixed-point scores, integer row maximum, table exponential.
// docs/contract/device.md, section 5.
#pragma once
#include <stdint.h>

#include "spec/float.h"

namespace tessera::spec {

inline constexpr int32_t kScoreFractionBits = 16;
inline constexpr int32_t kScoreLimit = 32767 * 65536;  ///< |T| at most this
inline constexpr int16_t kEmpty = -32768;              ///< row maximum of a row with no allowed key

/// exp2 on [0, 1) in 32 pieces: value in 1.14 fixed point at the start of a piece, and its slope.
inline constexpr uint16_t kExpTable[32] = {16384, 16742, 17109, 17484, 17866, 18258, 18657, 19066,
                                           19483, 19910, 20346, 20792, 21247, 21712, 22187, 22673,
                                           23170, 23677, 24196, 24725, 25267, 25820, 26385, 26963,
                                           27554, 28157, 28774, 29404, 30047, 30705, 31378, 32065};
inline constexpr uint16_t kExpSlope[32] = {359, 367, 375, 383, 391, 400, 409, 418, 427, 436, 446,
                                           455, 465, 475, 486, 496, 507, 518, 530, 541, 553, 565,
                                           578, 590, 603, 617, 630, 644, 658, 672, 687, 702};

/// A score as the score buffer holds it.
struct Score {
    int32_t t = -kScoreLimit;  ///< log2 of the weight, 2^-16 units
    bool nan = false;
    bool saturated = false;
};

/// fp32 t to fixed point: t * 2^16 rounded to nearest even as an unlimited integer, then clamped.
constexpr Score to_score(uint32_t t) {
    if (is_nan(t)) return {-kScoreLimit, true, false};
    const bool negative = (t & kSign) != 0;
    const int32_t e = static_cast<int32_t>(t >> 23 & 255);
    if (e == 0) return {0, false, false};
    // |t| = significand * 2^(e-150), so |t| * 2^16 = significand * 2^(e-134); e >= 142: over 2^31.
    if (e >= 142) return {negative ? -kScoreLimit : kScoreLimit, false, true};
    // Shifted so that the integer part ends at bit 32 and no shift count is negative.
    const uint64_t wide = uint64_t{detail::significand(t)} << 39;
    const uint64_t shifted = detail::shift_sticky(wide, 141 - e > 63 ? 63 : 141 - e);
    uint64_t magnitude = shifted >> 32;
    const uint64_t rest = shifted & 0xffffffffu;
    if (rest > 0x80000000u || (rest == 0x80000000u && (magnitude & 1) != 0)) ++magnitude;
    const bool over = magnitude > static_cast<uint64_t>(kScoreLimit);
    const int32_t value = over ? kScoreLimit : static_cast<int32_t>(magnitude);
    return {negative ? -value : value, false, over};
}

/// Smallest integer not below T * 2^-16: what the row maximum is taken over.
constexpr int32_t score_ceiling(int32_t t) { return (t + 65535) >> 16; }

/// bf16 weight 2^((t - m*65536) * 2^-16) of a score that is not above the row maximum m.
constexpr uint16_t exp2_weight(int32_t t, int16_t m) {
    const int64_t x = int64_t{t} - int64_t{m} * 65536;  // 33 bits
    const int32_t n = static_cast<int32_t>(-(x >> 16));
    const uint32_t f = static_cast<uint32_t>(x & 0xffff);
    const uint32_t i = f >> 11;
    const uint32_t r = f >> 3 & 255;
    const uint32_t y = kExpTable[i] + (kExpSlope[i] * r >> 8);
    const uint32_t u = (y + 64) >> 7;  // 128..256, the value is u * 2^(-n-7)
    if (n >= 127) return 0;
    const uint32_t exponent = static_cast<uint32_t>(127 - n) + (u >> 8);
    return static_cast<uint16_t>(exponent << 7 | (u & 127));
}

}  // namespace tessera::spec
