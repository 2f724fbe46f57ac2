// SPDX-License-Identifier: MIT
// Numbers for files of inputs.
#pragma once
#include <cstddef>
#include <random>
#include <vector>

#include "host/float_bits.h"

namespace tessera::test {

/// Normal numbers that bf16 holds exactly, so that a device reads what a file has in F32.
inline std::vector<float> bf16_numbers(size_t count, std::mt19937_64& random) {
    std::normal_distribution<float> draw;
    std::vector<float> numbers(count);
    for (float& x : numbers) x = host::float_of(host::bits_of(draw(random)) & 0xffff0000);
    return numbers;
}

}  // namespace tessera::test
