// SPDX-License-Identifier: MIT
// Exact numbers, and how far those that fp32 has for them may be: what elementwise operations are
// checked by. docs/contract/accuracy.md, section 7.
#pragma once
#include <cstddef>

namespace tessera::host {

/// An exact element, and how far the processor's may be from it before it is stored.
struct ExactElement {
    double value = 0;
    double magnitude = 0;  ///< of what was added up for it (ElementErrors::add)
    double error = 0;

    /// One that the processor has as it is.
    static ExactElement of(double x);
};

/// One operation in fp32: the errors of its operands, and its own rounding.
ExactElement added(const ExactElement& a, const ExactElement& b);
ExactElement multiplied(const ExactElement& a, const ExactElement& b);
ExactElement divided(const ExactElement& a, double divisor);

/// A sum of n numbers, of which each goes through at most `additions` additions.
ExactElement exact_sum(const ExactElement& plain, size_t n, size_t additions);

/// What a norm takes from its elements, and what it multiplies them with.
struct ExactMoments {
    ExactElement mean, inverse;
    double magnitude = 0;  ///< the largest of what was added up
};
struct MomentsOf {
    const float* elements = nullptr;
    size_t count = 0;
    size_t additions = 0;  ///< that one of them goes through, at most
    bool centred = false;  ///< the mean is taken away
    bool mean_of_squares = false;
    double eps = 0;
};
/// 1 / sqrt(mean or sum of the squares + eps).
ExactMoments exact_moments(const MomentsOf& of);

}  // namespace tessera::host
