// SPDX-License-Identifier: MIT
#include "host/reference/elementwise.h"

#include <algorithm>
#include <cmath>

namespace tessera::host {
namespace {

constexpr double kRoundoff = 0x1p-24;  ///< of fp32, to nearest

/// As fp32 arithmetic has it: a subnormal is a zero.
double flushed(double x) { return std::fabs(x) < 0x1p-126 ? 0 : x; }

}  // namespace

double exact_relu(double x) { return std::isnan(x) ? x : std::max(x, 0.0); }

double exact_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double exact_silu(double x) { return x / (1 + std::exp(-x)); }

double exact_tanh(double x) { return std::tanh(x); }

double exact_gelu_erf(double x) { return x * std::erfc(-x / std::sqrt(2.0)) / 2; }

double gelu_argument_of(double x) {
    const double root = std::sqrt(8 / std::acos(-1.0));
    return root * (x + 0.044715 * x * x * x);
}

double exact_gelu(double x) { return x / (1 + std::exp(-gelu_argument_of(x))); }

double arithmetic_error(double exact) { return kRoundoff * std::fabs(exact) + 0x1p-126; }

double function_error(double exact, double w) {
    if (exact == 0) return 0x1p-120;  // w may be infinite
    return 0x1p-21 * (1 + std::fabs(w)) * std::fabs(exact) + 0x1p-120;
}

RowStatistics exact_statistics(const double* row, size_t n) {
    RowStatistics s;
    s.max = row[0];
    double squares = 0;
    for (size_t i = 0; i < n; ++i) {
        if (std::isnan(row[i]) || row[i] > s.max) s.max = row[i];
        const double largest = flushed(row[s.place]), x = flushed(row[i]);
        if (!std::isnan(largest) && (std::isnan(x) || x > largest)) s.place = i;
        s.sum += row[i];
        s.magnitude += std::fabs(row[i]);
        squares += row[i] * row[i];
    }
    s.mean = s.sum / static_cast<double>(n);
    s.rms = std::sqrt(squares / static_cast<double>(n));
    return s;
}

double sum_error(size_t n, double magnitude) {
    return static_cast<double>(n) * (kRoundoff * magnitude + 0x1p-126);
}

double rms_error(size_t n, double exact) {
    return static_cast<double>(n + 4) * kRoundoff * exact + 0x1p-62;
}

}  // namespace tessera::host
