// SPDX-License-Identifier: MIT
// The device's floating point, on bit patterns: fp32 add, multiply, divide and the bf16
// conversions. Round to nearest even; subnormal inputs and results are zeros of their sign
// (tininess is judged after rounding, as x86 FTZ+DAZ do); every NaN that leaves an operation is
// kNan. Integer code, so it is the same on every host, needs no rounding-mode guard, and reads like
// the RTL. docs/contract/device.md, 5.
#pragma once
#include <stdint.h>

namespace tessera::spec {

inline constexpr uint32_t kNan = 0x7fc00000;  ///< the one fp32 NaN
inline constexpr uint16_t kNanBf16 = 0x7fc0;  ///< the one bf16 NaN
inline constexpr uint32_t kOne = 0x3f800000;
inline constexpr uint16_t kOneBf16 = 0x3f80;
inline constexpr uint32_t kInf = 0x7f800000;
inline constexpr uint32_t kSign = 0x80000000;

constexpr bool is_nan(uint32_t x) { return (x & ~kSign) > kInf; }
constexpr bool is_inf(uint32_t x) { return (x & ~kSign) == kInf; }
/// Zero or subnormal: what the device takes for a zero.
constexpr bool is_zero(uint32_t x) { return (x & kInf) == 0; }

namespace detail {

constexpr int32_t exponent(uint32_t x) { return static_cast<int32_t>(x >> 23 & 255); }
constexpr uint32_t significand(uint32_t x) { return (x & 0x7fffff) | 0x800000; }

/// Shift right by n, keeping "something non-zero was shifted out" in bit 0.
constexpr uint64_t shift_sticky(uint64_t x, int32_t n) {
    if (n >= 64) return x != 0 ? 1 : 0;
    const uint64_t lost = n == 0 ? 0 : x << (64 - n);
    return x >> n | (lost != 0 ? 1 : 0);
}

/// Round significand * 2^(exponent - 127 - 62) to fp32; significand has its leading one in bit 62.
constexpr uint32_t round_pack(uint32_t sign, int32_t exponent, uint64_t significand) {
    const uint64_t half = uint64_t{1} << 38;
    uint64_t rounded = significand >> 39;
    const uint64_t rest = significand & ((uint64_t{1} << 39) - 1);
    if (rest > half || (rest == half && (rounded & 1) != 0)) ++rounded;
    if (rounded >> 24 != 0) {
        rounded >>= 1;
        ++exponent;
    }
    if (exponent >= 255) return sign | kInf;
    if (exponent < 1) return sign;
    return sign | static_cast<uint32_t>(exponent) << 23 |
           (static_cast<uint32_t>(rounded) & 0x7fffff);
}

/// As round_pack, for a significand other than zero whose leading one is anywhere up to bit 63.
constexpr uint32_t normalise_pack(uint32_t sign, int32_t exponent, uint64_t significand) {
    if (significand >> 63 != 0) return round_pack(sign, exponent + 1, shift_sticky(significand, 1));
    while (significand >> 62 == 0) {
        significand <<= 1;
        --exponent;
    }
    return round_pack(sign, exponent, significand);
}

}  // namespace detail

/// a + b.
constexpr uint32_t fp_add(uint32_t a, uint32_t b) {
    if (is_nan(a) || is_nan(b)) return kNan;
    if (is_inf(a)) return is_inf(b) && a != b ? kNan : a;
    if (is_inf(b)) return b;
    if (is_zero(a) && is_zero(b)) return a & b & kSign;
    if (is_zero(a)) return b;
    if (is_zero(b)) return a;
    if ((a & ~kSign) < (b & ~kSign)) {
        const uint32_t t = a;
        a = b;
        b = t;
    }
    const int32_t e = detail::exponent(a);
    const uint64_t big = uint64_t{detail::significand(a)} << 38;  // leading one in bit 61
    const uint64_t small =
        detail::shift_sticky(uint64_t{detail::significand(b)} << 38, e - detail::exponent(b));
    const bool subtract = ((a ^ b) & kSign) != 0;
    const uint64_t sum = subtract ? big - small : big + small;
    if (sum == 0) return 0;
    return detail::normalise_pack(a & kSign, e + 1, sum);
}

/// a * b.
constexpr uint32_t fp_mul(uint32_t a, uint32_t b) {
    const uint32_t sign = (a ^ b) & kSign;
    if (is_nan(a) || is_nan(b)) return kNan;
    if (is_inf(a) || is_inf(b)) return is_zero(a) || is_zero(b) ? kNan : sign | kInf;
    if (is_zero(a) || is_zero(b)) return sign;
    const uint64_t product = uint64_t{detail::significand(a)} * detail::significand(b);
    return detail::normalise_pack(sign, detail::exponent(a) + detail::exponent(b) - 126,
                                  product << 15);
}

/// a / b.
constexpr uint32_t fp_div(uint32_t a, uint32_t b) {
    const uint32_t sign = (a ^ b) & kSign;
    if (is_nan(a) || is_nan(b)) return kNan;
    if (is_inf(a)) return is_inf(b) ? kNan : sign | kInf;
    if (is_inf(b)) return sign;
    if (is_zero(b)) return is_zero(a) ? kNan : sign | kInf;
    if (is_zero(a)) return sign;
    const uint64_t numerator = uint64_t{detail::significand(a)} << 32;
    const uint64_t divisor = detail::significand(b);
    const uint64_t quotient = numerator / divisor;  // in (2^31, 2^33)
    const uint64_t sticky = numerator % divisor != 0 ? 1 : 0;
    return detail::normalise_pack(sign, detail::exponent(a) - detail::exponent(b) + 127,
                                  quotient << 30 | sticky);
}

/// The fp32 value of a bf16; a subnormal becomes a zero of its sign.
constexpr uint32_t bf16_to_fp32(uint16_t x) {
    const uint32_t wide = static_cast<uint32_t>(x) << 16;
    if (is_nan(wide)) return kNan;
    return is_zero(wide) ? wide & kSign : wide;
}

/// Nearest bf16, ties to even.
constexpr uint16_t fp32_to_bf16(uint32_t x) {
    if (is_nan(x)) return kNanBf16;
    if (is_zero(x)) return static_cast<uint16_t>((x & kSign) >> 16);
    return static_cast<uint16_t>((x + 0x7fff + (x >> 16 & 1)) >> 16);
}

/// a * b of two bf16: exact in fp32 but for a zero below 2^-126 and Inf where too large.
constexpr uint32_t bf16_product(uint16_t a, uint16_t b) {
    return fp_mul(bf16_to_fp32(a), bf16_to_fp32(b));
}

/// x * 2^-delta for the merge: Inf and NaN stay, an exponent that would reach 0 gives a signed
/// zero.
constexpr uint32_t fp_scale_down(uint32_t x, uint32_t delta) {
    const uint32_t exponent = x >> 23 & 255;
    if (exponent == 255) return x;
    if (exponent <= delta) return x & kSign;
    return x - (delta << 23);
}

}  // namespace tessera::spec
