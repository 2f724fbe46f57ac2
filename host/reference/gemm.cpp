// SPDX-License-Identifier: MIT
#include "host/reference/gemm.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "host/reference/error.h"

namespace tessera::host {

void ElementErrors::add(double actual, double exact, double magnitude, double bound) {
    if (!std::isfinite(exact)) return compare_nonfinite(actual, exact);
    if (!(magnitude < 0x1p127)) return skip(NotComparable::kRange);
    compare(actual, exact, bound);
}

void ElementErrors::compare_nonfinite(double actual, double exact) {
    switch (meeting(actual, exact)) {
        case Meeting::kSame: ++elements; return;
        case Meeting::kNeither: return skip(NotComparable::kNonFinite);
        case Meeting::kDifferent: break;
    }
    compare(std::numeric_limits<double>::infinity(), 0, 0);
}

void ElementErrors::compare(double actual, double exact, double bound) {
    ++elements;
    double error = std::fabs(actual - exact);
    if (std::isnan(error)) error = std::numeric_limits<double>::infinity();
    if (!(error <= bound)) ++outside;
    max_abs = std::fmax(max_abs, error);
    if (error != 0) max_over_bound = std::fmax(max_over_bound, error / bound);
    squares_ += error * error;
    exact_squares_ += exact * exact;
}

void ElementErrors::finish() {
    rms_relative = squares_ == 0 ? 0 : std::sqrt(squares_ / exact_squares_);
}

ElementErrors compare_gemm(const ReferenceGemm& p, uint32_t inner, bool bf16,
                           const std::vector<float>& c,
                           const std::function<void(double)>& progress) {
    const uint32_t tile = std::min(p.k, inner);
    const double tiles = std::ceil(static_cast<double>(p.k) / tile);
    const double relative = (tile + tiles) * 0x1p-23;
    const double underflow = (2.0 * p.k + tiles) * 0x1p-126;
    std::vector<double> b(size_t{p.k} * p.n), a(p.k), sum(p.n), magnitude(p.n), of_tile(p.n),
        rounded(p.n);
    p.b(0, b.size(), b.data());
    ElementErrors errors;
    for (uint32_t i = 0; i < p.m; ++i) {
        p.a(size_t{i} * p.k, p.k, a.data());
        std::fill(sum.begin(), sum.end(), 0.0);
        std::fill(magnitude.begin(), magnitude.end(), 0.0);
        std::fill(rounded.begin(), rounded.end(), 0.0);
        for (uint32_t x = 0; x < p.k; ++x) {
            const double* row = &b[size_t{x} * p.n];
            for (uint32_t j = 0; j < p.n; ++j) {
                const double term = a[x] * row[j];
                sum[j] += term;
                magnitude[j] += std::fabs(term);
            }
            if (!p.rounded_sums) continue;
            for (uint32_t j = 0; j < p.n; ++j) of_tile[j] += a[x] * row[j];
            if ((x + 1) % tile != 0 && x + 1 != p.k) continue;
            for (uint32_t j = 0; j < p.n; ++j)
                rounded[j] += kBf16UnitRoundoff * std::fabs(std::exchange(of_tile[j], 0.0));
        }
        for (uint32_t j = 0; j < p.n; ++j) {
            double bound = relative * magnitude[j] + underflow + rounded[j];
            if (p.rounded_sums) bound += tiles * 0x1p-126;
            if (bf16) bound += kBf16UnitRoundoff * (std::fabs(sum[j]) + bound);
            errors.add(static_cast<double>(c[size_t{i} * p.n + j]), sum[j], magnitude[j], bound);
        }
        progress((i + 1.0) / p.m);
    }
    errors.finish();
    return errors;
}

}  // namespace tessera::host
