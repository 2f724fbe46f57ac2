// SPDX-License-Identifier: MIT
// Functions of an element in fp32, on bits, with nothing but the arithmetic of spec/float.h: the
// same bits on every processor. How far each may be from its exact value is in
// docs/contract/schedules.md, section 8.
#pragma once
#include <stdint.h>

#include "spec/float.h"

namespace tessera::fw {

constexpr uint32_t fp_negate(uint32_t x) { return spec::is_nan(x) ? spec::kNan : x ^ spec::kSign; }

/// The nearest whole number, ties away from zero, of an fp32 below 2^9 in size.
constexpr int32_t fp_round(uint32_t x) {
    const int32_t shift = 126 + 24 - spec::detail::exponent(x);  // of a significand with 24 bits
    if (shift > 25) return 0;
    const auto rounded =
        static_cast<int32_t>(((spec::detail::significand(x) >> (shift - 1)) + 1) >> 1);
    return (x & spec::kSign) != 0 ? -rounded : rounded;
}

/// A whole number below 2^24 in size.
constexpr uint32_t fp_of(int32_t x) {
    if (x == 0) return 0;
    const uint32_t sign = x < 0 ? spec::kSign : 0;
    const uint64_t size = x < 0 ? static_cast<uint64_t>(-int64_t{x}) : static_cast<uint64_t>(x);
    return spec::detail::normalise_pack(sign, 127 + 62, size);
}

/// exp(x) within 2^-22 of its value; Inf from 88.73 on, 0 below -87.34. x = n ln 2 + r with whole
/// n; ln 2 in two parts, of which n times the first is exact; exp(r) by its series to r^7.
constexpr uint32_t fp_exp(uint32_t x) {
    constexpr uint32_t kLog2E = 0x3fb8aa3b, kLn2High = 0x3f317200, kLn2Low = 0x35bfbe8e;
    constexpr uint32_t kLargest = 0x42b17218, kLeast = 0xc2aeac50;
    constexpr uint32_t kInverseFactorials[] = {0x39500d01, 0x3ab60b61, 0x3c088889, 0x3d2aaaab,
                                               0x3e2aaaab, 0x3f000000, 0x3f800000, 0x3f800000};
    if (spec::is_nan(x)) return spec::kNan;
    if ((x & spec::kSign) == 0 && x > kLargest) return spec::kInf;
    if ((x & spec::kSign) != 0 && x > kLeast) return 0;
    const int32_t n = fp_round(spec::fp_mul(x, kLog2E));
    const uint32_t whole = fp_of(-n);
    const uint32_t r =
        spec::fp_add(spec::fp_add(x, spec::fp_mul(whole, kLn2High)), spec::fp_mul(whole, kLn2Low));
    uint32_t y = kInverseFactorials[0];
    for (uint32_t i = 1; i < 8; ++i) y = spec::fp_add(spec::fp_mul(y, r), kInverseFactorials[i]);
    const int32_t exponent = spec::detail::exponent(y) + n;
    if (exponent >= 255) return spec::kInf;
    return exponent < 1 ? 0 : (y & 0x7fffff) | static_cast<uint32_t>(exponent) << 23;
}

/// sqrt(x), rounded to nearest even; NaN below 0.
constexpr uint32_t fp_sqrt(uint32_t x) {
    if (spec::is_nan(x)) return spec::kNan;
    if (spec::is_zero(x)) return x & spec::kSign;
    if ((x & spec::kSign) != 0) return spec::kNan;
    if (spec::is_inf(x)) return x;
    const int32_t e = spec::detail::exponent(x) - 127;
    // The root of s * 2^k with k of e's parity has 32 bits: enough to round, with what is left
    // over.
    uint64_t rest = uint64_t{spec::detail::significand(x)} << ((e & 1) != 0 ? 40 : 39);
    uint64_t root = 0;
    for (uint64_t bit = uint64_t{1} << 62; bit != 0; bit >>= 2) {
        if (rest >= root + bit) {
            rest -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    const int32_t half = (e - (e & 1)) / 2;
    return spec::detail::normalise_pack(0, 127 + 62 - 32 + half, root << 1 | (rest != 0 ? 1 : 0));
}

/// a / (1 + exp(-w)).
constexpr uint32_t fp_gated(uint32_t a, uint32_t w) {
    return spec::fp_div(a, spec::fp_add(spec::kOne, fp_exp(fp_negate(w))));
}

/// The argument of gelu's sigmoid: a (c + d a^2), c = sqrt(8 / pi), d = 0.044715 c.
constexpr uint32_t gelu_argument(uint32_t a) {
    constexpr uint32_t kC = 0x3fcc422a, kD = 0x3d922279;
    return spec::fp_mul(a, spec::fp_add(kC, spec::fp_mul(kD, spec::fp_mul(a, a))));
}

}  // namespace tessera::fw
