// SPDX-License-Identifier: MIT
// fp32 numbers as their bits, which is how the contract (spec/float.h) has them, and back.
#pragma once
#include <cstdint>
#include <cstring>

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

}  // namespace tessera::host
