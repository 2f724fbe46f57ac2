// SPDX-License-Identifier: MIT
// The device's result against the double reference: how far, and how far it may be.
// docs/contract/accuracy.md derives every term of the bounds.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "firmware/plan/job.h"
#include "host/reference/attention.h"
#include "host/reference/coverage.h"

namespace tessera::host {

/// Largest relative error of a weight p: 0.522 ulp of bf16 (docs/contract/device.md, section 5),
/// rounded up.
inline constexpr double kWeightError = 4.1e-3;
/// Half a unit in the last place of bf16's 8-bit significand, relative to the value.
inline constexpr double kBf16UnitRoundoff = 1.0 / 256;
/// Largest relative error of a sink's weight: its rounding to fp32, and that of logit * log2(e).
inline constexpr double kSinkWeightError = 0x1p-23;

/// What the bound has to know of the device.
struct BoundParams {
    uint32_t m = 0;            ///< tile tokens
    bool bf16_output = false;  ///< the output was rounded to bf16
    /// Of a black box: tiles have M - 1 keys, and sums come from shares.
    fw::SentinelForm sentinel = fw::SentinelForm::kNone;
    uint32_t calls = 0;  ///< most calls that a row is in; 0: one for each key tile
};

/// Bounds of one row. Multiply with the row's moments: see element_bound.
struct RowBound {
    double weights = 0;    ///< relative error of a weight: kWeightError, or more with a sentinel
    double sums = 0;       ///< (M + T) * 2^-23, T key tiles merged; with a sentinel (M + T + 8).
                           ///< A sink is a tile, too
    double scores = 0;     ///< what the rounding of scores adds to the relative error of a weight
    double underflow = 0;  ///< absolute: products and sums that were flushed to zero
    /// Of that, what a merge with a sink flushes where there is a sentinel.
    double beside_sink = 0;
};
RowBound row_bound(const ReferenceProblem& problem, const ReferenceResult& reference,
                   const BoundParams& params, uint32_t head, uint32_t row);

/// |O - exact| of element `index` of o, by docs/contract/device.md, section 5: weights and sums
/// only, plus the output's own rounding to bf16.
double element_bound(const ReferenceResult& reference, const BoundParams& params,
                     const RowBound& row, size_t index);
/// The same with the terms for rounded scores and underflow: what a run is judged by.
double full_element_bound(const ReferenceResult& reference, const BoundParams& params,
                          const RowBound& row, size_t index);
/// |lse - exact|, natural log, of any row with a key.
double lse_bound(const RowBound& row);

/// How many of the compared elements have which error over their full bound.
struct ErrorHistogram {
    static constexpr double kBinWidth = 0.02;
    /// Bin i has i * kBinWidth up to and without the next; the last one has 1, too.
    std::array<uint64_t, 50> counts{};
    uint64_t beyond = 0;  ///< above 1, or without a bound

    void add(double over) {
        if (!(over <= 1)) {
            ++beyond;
            return;
        }
        const auto bin = static_cast<size_t>(over / kBinWidth);
        ++counts[std::min(bin, counts.size() - 1)];
    }
};

/// Distances over all elements that were compared. NaN and Inf of the exact result are to be met by
/// the same.
struct ErrorSummary : Coverage {
    uint64_t outside = 0;         ///< of the elements compared, beyond the full bound
    uint64_t rows_empty = 0;      ///< rows with no key: compared exactly, but for a sink's lse
    uint64_t rows_nonfinite = 0;  ///< rows whose exact result has a NaN or Inf, or whose lse is one
    double max_abs = 0;
    double rms_relative = 0;         ///< sqrt(sum (O - exact)^2 / sum exact^2)
    double max_over_bound = 0;       ///< against element_bound
    double max_over_full_bound = 0;  ///< against full_element_bound
    uint32_t worst_head = 0, worst_row = 0, worst_column = 0;  ///< where max_over_full_bound is
    ErrorHistogram histogram;                                  ///< of errors over the full bound
    bool has_lse = false;
    uint64_t lse_rows = 0;     ///< compared
    uint64_t lse_outside = 0;  ///< of these
    double lse_max_abs = 0;
    double lse_max_over_bound = 0;

    bool outside_bound() const { return outside != 0 || lse_outside != 0; }
    /// Was something compared, and all of it good?
    bool within_bound() const { return elements != 0 && !outside_bound(); }
};

/// Compare `o` [query_heads][nq][d_v] and, unless null, `lse` [query_heads][nq] with `reference`,
/// which must hold its moments.
ErrorSummary compare_with_reference(const ReferenceProblem& problem,
                                    const ReferenceResult& reference, const BoundParams& params,
                                    const float* o, const double* lse);

/// How far apart two references are, e.g. of rounded and of original inputs.
struct Difference {
    double max_abs = 0;
    double rms_relative = 0;  ///< relative to `exact`
    uint64_t elements = 0;    ///< compared: both finite
    uint64_t all = 0;
};
Difference difference(const std::vector<double>& actual, const std::vector<double>& exact);

}  // namespace tessera::host
