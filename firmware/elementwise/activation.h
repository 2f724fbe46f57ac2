// SPDX-License-Identifier: MIT
// Functions between the layers of a network.
#pragma once
#include <stdint.h>

#include "firmware/merge/accounting.h"

namespace tessera::fw {

enum class Activation : uint32_t {
    kNone = 0,
    kRelu = 1,
    kSigmoid = 2,
    kSilu = 3,
    kTanh = 4,
    kGeluErf = 5,   ///< a P(x < a), x normal: (1 + erf(a / sqrt(2))) a / 2
    kGeluTanh = 6,  ///< the form with tanh
};
inline constexpr uint32_t kActivations = 7;

constexpr bool is_known(Activation a) { return static_cast<uint32_t>(a) < kActivations; }

/// x[i] = f(x[i]).
void activate(Activation activation, uint32_t* x, uint32_t count);

/// Does it take an exponential and a division?
constexpr bool has_exponential(Activation a) { return a >= Activation::kSigmoid; }

/// What `elements` of it take, beside `arithmetic` if there is an addition or a multiplication.
constexpr void add_activation(Activation activation, bool arithmetic, uint64_t elements,
                              ElementWork& work) {
    if (has_exponential(activation)) work.add(ElementClass::kFunction, elements);
    if (arithmetic || !has_exponential(activation)) work.add(ElementClass::kArithmetic, elements);
}

}  // namespace tessera::fw
