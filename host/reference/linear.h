// SPDX-License-Identifier: MIT
// Linear attention in double precision, and how far the device may be from it.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "host/reference/attention.h"
#include "host/reference/product.h"

namespace tessera::host {

/// o[i] = sum over j of w(i, j) v[j] / sum over j of w(i, j), w(i, j) = phi(q[i]) phi(k[j]), over
/// all keys or, causal, those with j <= i. Query head h uses key/value head h / group.
struct ReferenceLinear {
    uint32_t query_heads = 0, kv_heads = 0;
    uint32_t nq = 0, nk = 0;
    uint32_t d_k = 0, d_v = 0;
    bool causal = false;
    std::function<double(double)> feature;  ///< phi; positive
    ElementReader q, k, v;
};

/// Relative error of a sum of positive terms that the device made: three roundings to bf16 (the
/// features of q and k, and a weight or a state) and additions in fp32, of which a term goes
/// through at most 2 m + d_k + `updates`; m: tile tokens.
double linear_relative_error(uint32_t m, uint32_t d_k, uint32_t updates);

/// Holds `o` [query_heads][nq][d_v] against the exact result. With e the relative error of sums,
///   |o - exact| <= (2 e / (1 - e) + 2^-23) * E|v|,
/// E|v| the mean of |v| under the exact weights: e for the numerator, against the sum of w |v|, as
/// much for the denominator, and the division.
ElementErrors compare_linear(const ReferenceLinear& problem, double relative_error,
                             const std::vector<float>& o,
                             const std::function<void(double)>& progress);

}  // namespace tessera::host
