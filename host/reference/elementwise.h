// SPDX-License-Identifier: MIT
// Elementwise work in double precision, and how far the processor's fp32 may be from it.
// docs/contract/schedules.md, section 8.
#pragma once
#include <cstddef>

namespace tessera::host {

double exact_relu(double x);
double exact_sigmoid(double x);
double exact_silu(double x);
double exact_tanh(double x);
/// gelu in the form with erf, and in that with tanh.
double exact_gelu_erf(double x);
double exact_gelu(double x);
/// What the exponential of gelu is of: sqrt(8 / pi) * (x + 0.044715 x^3).
double gelu_argument_of(double x);

/// |fp32 - exact| of a sum, a product or a maximum of two: one rounding, or a flush below 2^-126.
double arithmetic_error(double exact);
/// |fp32 - exact| of a function of the form a / (1 + exp(-w)). The exponential has 2^-22, sum and
/// quotient a rounding each. The argument w has five roundings, each of which moves the result by
/// at most |w| times as much. What is below 2^-120 may be lost.
double function_error(double exact, double w);

/// Of a row of n elements.
struct RowStatistics {
    double max = 0, sum = 0, mean = 0, rms = 0;
    size_t place = 0;      ///< of the first of the largest; a NaN is largest
    double magnitude = 0;  ///< sum of |x|
};
RowStatistics exact_statistics(const double* row, size_t n);
/// |fp32 - exact| of the sum of n elements and, a division later, of n times their mean: each goes
/// through at most n additions.
double sum_error(size_t n, double magnitude);
/// |fp32 - exact| of the root mean square: n additions, a product, a quotient, the root, which
/// halves what came before; squares below 2^-126 are lost.
double rms_error(size_t n, double exact);

}  // namespace tessera::host
