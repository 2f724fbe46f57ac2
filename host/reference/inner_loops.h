// SPDX-License-Identifier: MIT
// The inner loops of the double reference, compiled once for each vector width.
#pragma once
#include <cstddef>
#include <cstdint>

namespace tessera::host::kernels {

/// Two rows of scores at once: s0[j] = sum over c of q0[c] * kt[c * stride + j], and s1 likewise,
/// for j < n.
void score_rows(const double* q0, const double* q1, const double* kt, size_t stride, uint32_t d,
                uint32_t n, double* s0, double* s1);

/// o[c] += sum over j < n of p[j] * v[j * d + c].
void accumulate(const double* p, const double* v, uint32_t n, uint32_t d, double* o);

/// spread[c] += sum of p[j] * |v[j * d + c] - o[c]|; magnitude[c] += sum of p[j] * |v[j * d + c]|.
void accumulate_moments(const double* p, const double* v, const double* o, uint32_t n, uint32_t d,
                        double* spread, double* magnitude);

}  // namespace tessera::host::kernels
