// SPDX-License-Identifier: MIT
// Elementwise work a second time: on bits, by the functions of spec/float.h one after the other,
// without the firmware's numbers, chunks and views. docs/contract/schedules.md, section 8.
#pragma once
#include <cmath>
#include <cstdint>

#include "firmware/elementwise/activation.h"
#include "host/float_bits.h"
#include "spec/float.h"

namespace tessera::test {

using spec::fp_add;
using spec::fp_div;
using spec::fp_mul;

inline uint32_t oracle_negative(uint32_t x) {
    return spec::is_nan(x) ? spec::kNan : x ^ spec::kSign;
}

inline uint32_t oracle_exp(uint32_t x) {
    const float value = host::float_of(x);
    if (std::isnan(value)) return spec::kNan;
    if (value > host::float_of(0x42b17218)) return spec::kInf;
    if (value < host::float_of(0xc2aeac50)) return 0;
    const double n = std::round(double{host::float_of(fp_mul(x, 0x3fb8aa3b))});
    const uint32_t whole = host::bits_of(static_cast<float>(-n));
    const uint32_t r = fp_add(fp_add(x, fp_mul(whole, 0x3f317200)), fp_mul(whole, 0x35bfbe8e));
    uint32_t y = 0x39500d01;  // 1 / 7!
    for (const uint32_t c : {0x3ab60b61u, 0x3c088889u, 0x3d2aaaabu, 0x3e2aaaabu, 0x3f000000u,
                             0x3f800000u, 0x3f800000u})
        y = fp_add(fp_mul(y, r), c);
    const double scaled = std::ldexp(double{host::float_of(y)}, static_cast<int>(n));
    if (scaled < 0x1p-126) return 0;
    return scaled >= 0x1p128 ? spec::kInf : host::bits_of(static_cast<float>(scaled));
}

inline uint32_t oracle_gated(uint32_t a, uint32_t w) {
    return fp_div(a, fp_add(spec::kOne, oracle_exp(oracle_negative(w))));
}

inline uint32_t oracle_gelu_tanh(uint32_t a) {
    const uint32_t inner = fp_add(0x3fcc422a, fp_mul(0x3d922279, fp_mul(a, a)));
    return oracle_gated(a, fp_mul(a, inner));
}

inline uint32_t oracle_tanh(uint32_t a) {
    const uint32_t square = fp_mul(a, a), size = a & ~spec::kSign;
    if (spec::is_nan(a)) return spec::kNan;
    if (host::float_of(square) <= 0.4f) {
        uint32_t y = 0xbbb79731;
        for (const uint32_t c : {0x3ca8435fu, 0xbd5bfa1cu, 0x3e08823du, 0xbeaaaa8fu, 0x3f800000u})
            y = fp_add(fp_mul(y, square), c);
        return fp_mul(a, y);
    }
    const uint32_t e = oracle_exp(oracle_negative(fp_add(size, size)));
    const uint32_t y = fp_div(fp_add(spec::kOne, oracle_negative(e)), fp_add(spec::kOne, e));
    return y | (a & spec::kSign);
}

inline uint32_t oracle_gelu_erf(uint32_t a) {
    const uint32_t size = a & ~spec::kSign;
    const uint32_t t = fp_div(spec::kOne, fp_add(spec::kOne, fp_mul(0x3e99999a, size)));
    uint32_t p = 0xbca8b610;
    for (const uint32_t c : {0x3de5ef8bu, 0xbe6948dbu, 0x3e43d2adu, 0xbda1ad96u, 0x3dc46087u,
                             0x3da0be1eu, 0x3de1b783u, 0x3df4e38bu, 0x3df51e38u})
        p = fp_add(fp_mul(p, t), c);
    const uint32_t e = oracle_exp(oracle_negative(fp_mul(0x3f000000, fp_mul(a, a))));
    const uint32_t beyond = fp_mul(e, fp_mul(t, p));
    if ((a & spec::kSign) != 0) return fp_mul(a, beyond);
    return fp_mul(a, fp_add(spec::kOne, oracle_negative(beyond)));
}

inline uint32_t oracle_activation(fw::Activation f, uint32_t a) {
    switch (f) {
        case fw::Activation::kNone: return a;
        case fw::Activation::kRelu:
            return spec::is_nan(a) ? spec::kNan : (a & spec::kSign) != 0 ? 0 : a;
        case fw::Activation::kSigmoid: return oracle_gated(spec::kOne, a);
        case fw::Activation::kSilu: return oracle_gated(a, a);
        case fw::Activation::kTanh: return oracle_tanh(a);
        case fw::Activation::kGeluErf: return oracle_gelu_erf(a);
        default: return oracle_gelu_tanh(a);
    }
}

/// As it lies in memory: of bf16 the upper half of fp32.
inline uint32_t oracle_stored(uint32_t bits, bool bf16) {
    return bf16 ? uint32_t{spec::fp32_to_bf16(bits)} << 16 : bits;
}

}  // namespace tessera::test
