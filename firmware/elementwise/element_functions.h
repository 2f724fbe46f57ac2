// SPDX-License-Identifier: MIT
// Functions of an element in fp32, with nothing but the arithmetic of number.h: the same bits on
// every processor. How far each may be from its exact value is in docs/contract/accuracy.md,
// section 7.
#pragma once
#include <stdint.h>

#include "firmware/elementwise/number.h"
#include "spec/float.h"

namespace tessera::fw {

/// c0 + c1 x + c2 x^2 + ..., the last first.
template <typename N, uint32_t kCount>
constexpr N polynomial(const uint32_t (&coefficients)[kCount], N x) {
    N y = N::of(coefficients[kCount - 1]);
    for (uint32_t i = kCount - 1; i > 0; --i) y = y * x + N::of(coefficients[i - 1]);
    return y;
}

/// exp(x) within 2^-22 of its value; Inf from 88.73 on, 0 below -87.34. x = n ln 2 + r with whole
/// n; ln 2 in two parts, of which n times the first is exact; exp(r) by its series to r^7.
template <typename N>
constexpr N exp_of(N x) {
    constexpr uint32_t kLog2E = 0x3fb8aa3b, kLn2High = 0x3f317200, kLn2Low = 0x35bfbe8e;
    constexpr uint32_t kLargest = 0x42b17218, kLeast = 0xc2aeac50;
    constexpr uint32_t kInverseFactorials[] = {0x3f800000, 0x3f800000, 0x3f000000, 0x3e2aaaab,
                                               0x3d2aaaab, 0x3c088889, 0x3ab60b61, 0x39500d01};
    const uint32_t bits = x.bits();
    if (spec::is_nan(bits)) return N::of(spec::kNan);
    if ((bits & spec::kSign) == 0 && bits > kLargest) return N::of(spec::kInf);
    if ((bits & spec::kSign) != 0 && bits > kLeast) return N::of(0);
    const int32_t n = (x * N::of(kLog2E)).rounded();
    const N whole = N::whole(-n);
    const N r = x + whole * N::of(kLn2High) + whole * N::of(kLn2Low);
    const uint32_t y = polynomial(kInverseFactorials, r).bits();
    const int32_t exponent = spec::detail::exponent(y) + n;
    if (exponent >= 255) return N::of(spec::kInf);
    if (exponent < 1) return N::of(0);
    return N::of((y & 0x7fffff) | static_cast<uint32_t>(exponent) << 23);
}

/// a / (1 + exp(-w)).
template <typename N>
constexpr N gated(N a, N w) {
    return a / (N::of(spec::kOne) + exp_of(-w));
}

template <typename N>
constexpr N sigmoid_of(N a) {
    return gated(N::of(spec::kOne), a);
}

template <typename N>
constexpr N silu_of(N a) {
    return gated(a, a);
}

/// The argument of the sigmoid in gelu's form with tanh: a (c + d a^2), c = sqrt(8 / pi), d =
/// 0.044715 c.
template <typename N>
constexpr N gelu_argument(N a) {
    constexpr uint32_t kC = 0x3fcc422a, kD = 0x3d922279;
    return a * (N::of(kC) + N::of(kD) * (a * a));
}

template <typename N>
constexpr N gelu_tanh(N a) {
    return gated(a, gelu_argument(a));
}

/// tanh(a) within 2^-22 of its value. To a^2 = 0.4 a times a polynomial in a^2, which leaves out
/// 2^-27; from there on (1 - e) / (1 + e) with e = exp(-2 |a|).
template <typename N>
constexpr N tanh_of(N a) {
    constexpr uint32_t kPolynomial[] = {0x3f800000, 0xbeaaaa8f, 0x3e08823d,
                                        0xbd5bfa1c, 0x3ca8435f, 0xbbb79731};
    constexpr uint32_t kEnd = 0x3ecccccd;  // 0.4
    const uint32_t sign = a.bits() & spec::kSign;
    const N square = a * a;
    const uint32_t size = square.bits();
    if (spec::is_nan(size)) return N::of(spec::kNan);
    if (size <= kEnd) return a * polynomial(kPolynomial, square);
    const N one = N::of(spec::kOne), magnitude = N::of(a.bits() & ~spec::kSign);
    const N e = exp_of(-(magnitude + magnitude));
    return N::of(((one - e) / (one + e)).bits() | sign);
}

/// P(x > |a|) of a normal number x, erfc(|a| / sqrt(2)) / 2, within 2^-21 (1 + a^2 / 2) of its
/// value: exp(-a^2 / 2) t p(t) with t = 1 / (1 + 0.3 |a|) and a polynomial p, which leaves out
/// 2^-28 up to |a| = 13.5. There exp is 0.
template <typename N>
constexpr N chance_beyond(N a) {
    constexpr uint32_t kPolynomial[] = {0x3df51e38, 0x3df4e38b, 0x3de1b783, 0x3da0be1e, 0x3dc46087,
                                        0xbda1ad96, 0x3e43d2ad, 0xbe6948db, 0x3de5ef8b, 0xbca8b610};
    constexpr uint32_t kStep = 0x3e99999a, kHalf = 0x3f000000;
    const N one = N::of(spec::kOne), magnitude = N::of(a.bits() & ~spec::kSign);
    const N t = one / (one + N::of(kStep) * magnitude);
    return exp_of(-(N::of(kHalf) * (a * a))) * (t * polynomial(kPolynomial, t));
}

/// gelu in its form with erf: a times P(x < a) of a normal number x.
template <typename N>
constexpr N gelu_erf(N a) {
    const N beyond = chance_beyond(a);
    return a * ((a.bits() & spec::kSign) != 0 ? beyond : N::of(spec::kOne) - beyond);
}

/// max(a, 0).
template <typename N>
constexpr N relu_of(N a) {
    const uint32_t bits = a.bits();
    return spec::is_nan(bits) ? N::of(spec::kNan) : (bits & spec::kSign) != 0 ? N::of(0) : a;
}

}  // namespace tessera::fw
