// SPDX-License-Identifier: MIT
#include "host/operation/activation.h"

#include <cmath>

#include "host/reference/elementwise.h"

namespace tessera::host {
namespace {

using fw::Activation;

double itself(double x) { return x; }
/// The error of tanh does not grow with its argument.
double nothing(double) { return 0; }
double half_square(double x) { return x * x / 2; }

}  // namespace

const std::vector<ActivationInfo>& activations() {
    static const std::vector<ActivationInfo> kTable = {
        {"none", Activation::kNone, "a", itself, nullptr, 1},
        {"relu", Activation::kRelu, "max(a, 0)", exact_relu, nullptr, 1},
        {"sigmoid", Activation::kSigmoid, "1 / (1 + exp(-a))", exact_sigmoid, itself, 0.25},
        {"silu", Activation::kSilu, "a / (1 + exp(-a))", exact_silu, itself, 1.1},
        {"tanh", Activation::kTanh, "tanh(a)", exact_tanh, nothing, 1},
        {"gelu-erf", Activation::kGeluErf, "a (1 + erf(a / sqrt(2))) / 2", exact_gelu_erf,
         half_square, 1.13},
        {"gelu-tanh", Activation::kGeluTanh,
         "a / (1 + exp(-w)), w = sqrt(8 / pi) (a + 0.044715 a^3)", exact_gelu, gelu_argument_of,
         1.13},
    };
    return kTable;
}

const ActivationInfo& info_of(Activation activation) {
    return activations().at(static_cast<size_t>(activation));
}

ExactElement exact_activation(Activation activation, const ExactElement& a) {
    const ActivationInfo& info = info_of(activation);
    const double y = info.exact(a.value), moved = info.slope * a.error;
    if (info.argument == nullptr) return {y, a.magnitude, moved};
    // The function's own error is that at the processor's a, which is at most this large.
    const double furthest = std::fabs(a.value) + a.error;
    const double own = function_error(std::fabs(y) + moved, info.argument(furthest));
    return {y, a.magnitude, moved + own};
}

}  // namespace tessera::host
