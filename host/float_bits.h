// SPDX-License-Identifier: MIT
// fp32 numbers as their bits, which is how the contract (spec/float.h) has them, and back.
#pragma once
#include <cstdint>
#include <cstring>

#include "spec/float.h"

namespace tessera::host {

inline float float_of(uint32_t bits) {
    float x;
    std::memcpy(&x, &bits, sizeof x);
    return x;
}

inline uint32_t bits_of(float x) {
    uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return bits;
}

/// Rounded to fp32, then to bf16.
inline uint16_t bf16_of(double x) { return spec::fp32_to_bf16(bits_of(static_cast<float>(x))); }

}  // namespace tessera::host
