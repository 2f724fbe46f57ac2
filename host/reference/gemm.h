// SPDX-License-Identifier: MIT
// Products of matrices in double precision, and how far the device may be from them.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "host/reference/attention.h"
#include "host/reference/coverage.h"

namespace tessera::host {

/// A result against an exact one, element by element.
struct ElementErrors : Coverage {
    uint64_t outside = 0;  ///< of the elements compared, beyond the bound
    double max_abs = 0;
    double rms_relative = 0;  ///< sqrt(sum (actual - exact)^2 / sum exact^2)
    double max_over_bound = 0;

    bool outside_bound() const { return outside != 0; }
    /// Was something compared, and all of it good?
    bool within_bound() const { return elements != 0 && !outside_bound(); }
    /// Adds an element. `magnitude`: of what was added up for it; from 2^127 on, where sums may
    /// leave the fp32 range, it is not compared. A NaN is infinitely far away, but from a NaN.
    void add(double actual, double exact, double magnitude, double bound);
    /// Needed behind the last one: rms_relative.
    void finish();

  private:
    void compare(double actual, double exact, double bound);
    void compare_nonfinite(double actual, double exact);

    double squares_ = 0, exact_squares_ = 0;
};

/// C = A B, [m][k] times [k][n].
struct ReferenceGemm {
    uint32_t m = 0, k = 0, n = 0;
    ElementReader a, b;
    bool rounded_sums = false;  ///< those of a tile, to bf16, before they are added
};

/// Compares `c` [m][n] with the gemm in double precision. The bound of an element, with tiles of
/// `inner` terms, at most k, and T = ceil(k / inner) of them:
///   |c - exact| <= (inner + T) * 2^-23 * sum |a||b| + (2 k + T) * 2^-126.
/// Products of bf16 are exact. A term goes through at most inner - 1 additions in its tile and
/// T - 1 of tiles, each with a relative error of at most 2^-24. Whatever is flushed to zero is
/// below 2^-126. Rounded sums add 2^-8 * sum over tiles of |sum of its terms| + T * 2^-126: what
/// the factor 1 + 2^-8 makes of the other errors is within the 2^-23, twice what was needed. With
/// `bf16` the bound grows by 2^-8 * (|exact| + bound).
ElementErrors compare_gemm(const ReferenceGemm& gemm, uint32_t inner, bool bf16,
                           const std::vector<float>& c,
                           const std::function<void(double)>& progress);

}  // namespace tessera::host
