// SPDX-License-Identifier: MIT
#include "host/reference/inner_loops.h"

#include <cmath>

// Vectors run across output elements, never along a sum, so every width gives the same bits.
// A sanitizer's runtime is not ready when the dispatch is resolved: plain code there.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define TESSERA_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define TESSERA_CLONES
#endif

namespace tessera::host::kernels {

TESSERA_CLONES
void score_rows(const double* q0, const double* q1, const double* kt, size_t stride, uint32_t d,
                uint32_t n, double* __restrict__ s0, double* __restrict__ s1) {
    for (uint32_t j = 0; j < n; ++j) s0[j] = s1[j] = 0;
    uint32_t c = 0;
    for (; c + 4 <= d; c += 4) {
        const double* k0 = kt + c * stride;
        const double* k1 = k0 + stride;
        const double* k2 = k1 + stride;
        const double* k3 = k2 + stride;
        const double a0 = q0[c], a1 = q0[c + 1], a2 = q0[c + 2], a3 = q0[c + 3];
        const double b0 = q1[c], b1 = q1[c + 1], b2 = q1[c + 2], b3 = q1[c + 3];
        for (uint32_t j = 0; j < n; ++j) {
            s0[j] += a0 * k0[j] + a1 * k1[j] + (a2 * k2[j] + a3 * k3[j]);
            s1[j] += b0 * k0[j] + b1 * k1[j] + (b2 * k2[j] + b3 * k3[j]);
        }
    }
    for (; c < d; ++c) {
        const double* k0 = kt + c * stride;
        for (uint32_t j = 0; j < n; ++j) {
            s0[j] += q0[c] * k0[j];
            s1[j] += q1[c] * k0[j];
        }
    }
}

TESSERA_CLONES
void accumulate(const double* p, const double* v, uint32_t n, uint32_t d, double* __restrict__ o) {
    uint32_t j = 0;
    for (; j + 4 <= n; j += 4) {
        const double* v0 = v + static_cast<size_t>(j) * d;
        const double* v1 = v0 + d;
        const double* v2 = v1 + d;
        const double* v3 = v2 + d;
        const double p0 = p[j], p1 = p[j + 1], p2 = p[j + 2], p3 = p[j + 3];
        for (uint32_t c = 0; c < d; ++c)
            o[c] += p0 * v0[c] + p1 * v1[c] + (p2 * v2[c] + p3 * v3[c]);
    }
    for (; j < n; ++j) {
        const double* v0 = v + static_cast<size_t>(j) * d;
        for (uint32_t c = 0; c < d; ++c) o[c] += p[j] * v0[c];
    }
}

TESSERA_CLONES
void accumulate_moments(const double* p, const double* v, const double* o, uint32_t n, uint32_t d,
                        double* __restrict__ spread, double* __restrict__ magnitude) {
    uint32_t j = 0;
    for (; j + 4 <= n; j += 4) {
        const double* v0 = v + static_cast<size_t>(j) * d;
        const double* v1 = v0 + d;
        const double* v2 = v1 + d;
        const double* v3 = v2 + d;
        const double p0 = p[j], p1 = p[j + 1], p2 = p[j + 2], p3 = p[j + 3];
        for (uint32_t c = 0; c < d; ++c) {
            const double x0 = v0[c], x1 = v1[c], x2 = v2[c], x3 = v3[c], mean = o[c];
            spread[c] += p0 * std::fabs(x0 - mean) + p1 * std::fabs(x1 - mean) +
                         (p2 * std::fabs(x2 - mean) + p3 * std::fabs(x3 - mean));
            magnitude[c] +=
                p0 * std::fabs(x0) + p1 * std::fabs(x1) + (p2 * std::fabs(x2) + p3 * std::fabs(x3));
        }
    }
    for (; j < n; ++j) {
        const double* v0 = v + static_cast<size_t>(j) * d;
        for (uint32_t c = 0; c < d; ++c) {
            spread[c] += p[j] * std::fabs(v0[c] - o[c]);
            magnitude[c] += p[j] * std::fabs(v0[c]);
        }
    }
}

}  // namespace tessera::host::kernels
