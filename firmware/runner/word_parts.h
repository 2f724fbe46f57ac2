// SPDX-License-Identifier: MIT
// Parts of jobs in words, and checks of the numbers that are words.
#pragma once
#include <stdint.h>

#include "firmware/plan/tensor.h"
#include "spec/job.h"

namespace tessera::fw {

/// Are the numbers of these 0, 1, 2, ... in that order?
template <auto... kValues>
constexpr bool numbered() {
    uint32_t number = 0;
    return ((static_cast<uint32_t>(kValues) == number++) && ...);
}

constexpr uint32_t option(bool given, spec::JobOption bit) { return given ? uint32_t{bit} : 0u; }

constexpr spec::TensorWords words_of(const Tensor& tensor) {
    return {spec::double_word(tensor.address), spec::double_word(tensor.head_stride), tensor.pitch};
}

constexpr Tensor tensor_of(const spec::TensorWords& words) {
    return {words.address.value(), words.head_stride.value(), words.pitch};
}

}  // namespace tessera::fw
