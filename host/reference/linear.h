// SPDX-License-Identifier: MIT
// Linear attention in double precision, and how far the device may be from it.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "host/reference/attention.h"
#include "host/reference/gemm.h"

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
    /// Powers of two by which features were multiplied before they were rounded: those of each
    /// query, [query_heads][nq], and of each key/value head. They divide out, but tell what is lost
    /// below 2^-126.
    std::vector<int> query_exponents, key_exponents;
};

/// Relative error of a sum of positive terms that the device made: three roundings to bf16 (the
/// features of q and k, and a weight or a state) and additions in fp32, of which a term goes
/// through at most 2 m + d_k + `updates`; m: tile tokens.
double linear_relative_error(uint32_t m, uint32_t d_k, uint32_t updates);

/// Holds `o` [query_heads][nq][d_v] against the exact result. With e the relative error of sums,
///   |o - exact| <= (2 e / (1 - e) + 2^-23) * E|v| + 3 f * (1 + max|v|),
/// E|v| the mean of |v| under the exact weights: e for the numerator, against the sum of w |v|, as
/// much for the denominator, and the division. f: what is flushed to zero, 2^-126 each, over the
/// exact denominator D of the query, of n keys, all features multiplied by their powers of two:
///   f = 2^-123 * (sum phi(k) + (n + 1) * (sum phi(q) + 2 d_k + 1)) / D:
/// features of q meet the sum of keys' features, those of k and what is summed for a key meet the
/// query's features, and for each key up to 2 d_k + 1 products and sums are flushed themselves; a
/// factor of 8 is more than numerators need besides. Rows with f above 2^-24 are not compared: a
/// denominator so small may be lost altogether. NaN and Inf of the exact result, which come from
/// the input, are to be met by the same.
ElementErrors compare_linear(const ReferenceLinear& problem, double relative_error,
                             const std::vector<float>& o,
                             const std::function<void(double)>& progress);

/// The query rows whose denominators may be lost, ascending: f is above 2^-24 though all features
/// are finite.
std::vector<RowName> lost_denominators(const ReferenceLinear& problem);

}  // namespace tessera::host
