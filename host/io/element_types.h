// SPDX-License-Identifier: MIT
// How the bits of each element type are read: to bf16, and to fp32 with the same value. kFinite:
// largest finite magnitude; kInf: that of Inf; kBf16Finite: largest magnitude that does not round
// up to Inf as bf16.
#pragma once
#include <cstdint>

#include "spec/float.h"

namespace tessera::host {

/// A float of sign, `kExponent` and `kFraction` bits whose exponent is not that of Inf and NaN, as
/// the same value in fp32. Exact: every subnormal is normal there.
template <int kExponent, int kFraction>
uint32_t widened(uint32_t x) {
    constexpr uint32_t kRebias = 127 - ((1u << (kExponent - 1)) - 1);
    constexpr uint32_t kHidden = 1u << 23;
    const uint32_t sign = x >> (kExponent + kFraction) << 31;
    uint32_t exponent = x >> kFraction & ((1u << kExponent) - 1);
    uint32_t fraction = (x & ((1u << kFraction) - 1)) << (23 - kFraction);
    if (exponent == 0) {
        if (fraction == 0) return sign;
        exponent = 1;
        for (; (fraction & kHidden) == 0; fraction <<= 1) --exponent;  // wraps below 0: meant
    }
    return sign | (exponent + kRebias) << 23 | (fraction & (kHidden - 1));
}

struct Bf16 {
    using Bits = uint16_t;
    static constexpr Bits kMagnitude = 0x7fff, kFinite = 0x7f7f, kInf = 0x7f80,
                          kBf16Finite = kFinite;
    static uint16_t bf16(Bits x) { return spec::fp32_to_bf16(wide(x)); }
    static uint32_t wide(Bits x) { return static_cast<uint32_t>(x) << 16; }
};

struct F16 {
    using Bits = uint16_t;
    static constexpr Bits kMagnitude = 0x7fff, kFinite = 0x7bff, kInf = 0x7c00,
                          kBf16Finite = kFinite;
    static uint16_t bf16(Bits x) { return spec::fp32_to_bf16(wide(x)); }
    static uint32_t wide(Bits x) {
        if ((x & kMagnitude) < kInf) return widened<5, 10>(x);
        return static_cast<uint32_t>(x & 0x8000) << 16 | spec::kInf |
               static_cast<uint32_t>(x & 0x3ff) << 13;
    }
};

/// The upper half of an F16.
struct F8E5M2 {
    using Bits = uint8_t;
    static constexpr Bits kMagnitude = 0x7f, kFinite = 0x7b, kInf = 0x7c, kBf16Finite = kFinite;
    static uint16_t bf16(Bits x) { return spec::fp32_to_bf16(wide(x)); }
    static uint32_t wide(Bits x) { return F16::wide(static_cast<uint16_t>(x << 8)); }
};

/// The largest exponent has numbers up to 448, and one NaN of each sign; there is no Inf.
struct F8E4M3 {
    using Bits = uint8_t;
    static constexpr Bits kMagnitude = 0x7f, kFinite = 0x7e, kInf = 0xff, kBf16Finite = kFinite;
    static uint16_t bf16(Bits x) { return spec::fp32_to_bf16(wide(x)); }
    static uint32_t wide(Bits x) {
        constexpr uint32_t kNan = 0x7fc00000;
        return (x & kMagnitude) > kFinite ? kNan : widened<4, 3>(x);
    }
};

struct F32 {
    using Bits = uint32_t;
    static constexpr Bits kMagnitude = 0x7fffffff, kFinite = 0x7f7fffff, kInf = 0x7f800000,
                          kBf16Finite = 0x7f7f7fff;
    static uint16_t bf16(Bits x) { return spec::fp32_to_bf16(x); }
    static uint32_t wide(Bits x) { return x; }
};

struct F64 {
    using Bits = uint64_t;
    static constexpr Bits kMagnitude = ~uint64_t{0} >> 1, kFinite = 0x7fefffffffffffff,
                          kInf = 0x7ff0000000000000, kBf16Finite = 0x47efefffffffffff;
    /// One rounding, not two by way of fp32.
    static uint16_t bf16(Bits x) {
        const auto sign = static_cast<uint16_t>(x >> 48 & 0x8000);
        const uint64_t magnitude = x & kMagnitude;
        if (magnitude > kInf) return spec::kNanBf16;
        if (magnitude > kBf16Finite) return sign | 0x7f80;
        if (magnitude >> 52 < 1023 - 126) return sign;
        const uint64_t rounded = magnitude + (uint64_t{1} << 44) - 1 + (magnitude >> 45 & 1);
        const uint64_t rebased = (rounded >> 45) - (uint64_t{1023 - 127} << 7);
        return static_cast<uint16_t>(sign | rebased);
    }
};

}  // namespace tessera::host
