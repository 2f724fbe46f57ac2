// SPDX-License-Identifier: MIT
#include "firmware/elementwise/activation.h"

#include "firmware/elementwise/chunk.h"
#include "firmware/elementwise/element_functions.h"

namespace tessera::fw {

void activate(Activation activation, uint32_t* x, uint32_t count) {
    switch (activation) {
        case Activation::kNone: return;
        case Activation::kRelu: return each(x, count, relu_of<Number>);
        case Activation::kSigmoid: return each(x, count, sigmoid_of<Number>);
        case Activation::kSilu: return each(x, count, silu_of<Number>);
        case Activation::kTanh: return each(x, count, tanh_of<Number>);
        case Activation::kGeluErf: return each(x, count, gelu_erf<Number>);
        case Activation::kGeluTanh: return each(x, count, gelu_tanh<Number>);
    }
}

}  // namespace tessera::fw
