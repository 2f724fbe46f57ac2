// SPDX-License-Identifier: MIT
#include "host/reference/exact_element.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tessera::host {
namespace {

constexpr double kRoundoff = 0x1p-24;  ///< of fp32, to nearest
constexpr double kTiny = 0x1p-126;     ///< what is below is flushed

/// The result of an operation, whose operands alone put it `error` off.
ExactElement rounded(double value, double magnitude, double error) {
    return {value, magnitude, error + kRoundoff * (std::fabs(value) + error) + kTiny};
}

}  // namespace

ExactElement ExactElement::of(double x) { return {x, std::fabs(x), 0}; }

ExactElement added(const ExactElement& a, const ExactElement& b) {
    return rounded(a.value + b.value, a.magnitude + b.magnitude, a.error + b.error);
}

ExactElement multiplied(const ExactElement& a, const ExactElement& b) {
    const double error =
        std::fabs(a.value) * b.error + std::fabs(b.value) * a.error + a.error * b.error;
    return rounded(a.value * b.value, std::max(a.magnitude, std::fabs(a.value * b.value)), error);
}

ExactElement divided(const ExactElement& a, double divisor) {
    return rounded(a.value / divisor, a.magnitude, a.error / std::fabs(divisor));
}

ExactElement exact_sum(const ExactElement& plain, size_t n, size_t additions) {
    // An addition more than there are stands for what their roundings have of each other.
    const double relative = static_cast<double>(additions + 1) * kRoundoff;
    ExactElement sum = plain;
    sum.error += relative * (plain.magnitude + plain.error) + static_cast<double>(n) * kTiny;
    return sum;
}

ExactMoments exact_moments(const MomentsOf& of) {
    ExactMoments moments;
    const auto n = static_cast<double>(of.count);
    if (of.centred) {
        ExactElement sum;
        for (size_t i = 0; i < of.count; ++i) {
            sum.value += double{of.elements[i]};
            sum.magnitude += std::fabs(double{of.elements[i]});
        }
        moments.magnitude = sum.magnitude;
        // Divided by the columns and then by the rows.
        moments.mean = divided(divided(exact_sum(sum, of.count, of.additions), n), 1);
    }
    const ExactElement away{-moments.mean.value, 0, moments.mean.error};
    ExactElement squares;
    for (size_t i = 0; i < of.count; ++i) {
        ExactElement rest = ExactElement::of(double{of.elements[i]});
        if (of.centred) rest = added(rest, away);
        const ExactElement square = multiplied(rest, rest);
        squares.value += square.value;
        squares.magnitude += std::fabs(square.value);
        squares.error += square.error;
    }
    moments.magnitude = std::max(moments.magnitude, squares.magnitude);
    squares = exact_sum(squares, of.count, of.additions);
    if (of.mean_of_squares) squares = divided(divided(squares, n), 1);
    squares = added(squares, ExactElement::of(of.eps));
    const double share = squares.error / squares.value, exact = 1 / std::sqrt(squares.value);
    const double root =
        share < 1 ? 1 / std::sqrt(1 - share) - 1 : std::numeric_limits<double>::infinity();
    // The root and the quotient round once each.
    const ExactElement inverse{exact, exact, exact * root};
    moments.inverse = divided(divided(inverse, 1), 1);
    return moments;
}

}  // namespace tessera::host
