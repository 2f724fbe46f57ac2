// SPDX-License-Identifier: MIT
// Was the approximation good enough? Random rows are computed exactly, and what they tell of all
// rows is stated with a bound. docs/contract/schedules.md, section 5.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/approximation/row_partials.h"

namespace tessera::host {

/// Limits of the verdict.
inline constexpr double kMaxFailing = 0.05;  ///< of rows, by the bound
inline constexpr double kMaxShare = 0.5;     ///< of a row's weight, in one seen tile
inline constexpr double kConfidence = 0.95;
inline constexpr uint32_t kMinAuditRows = 256;

/// The rows that are audited, ascending, the same in every head: max(m, 256) of nq, rounded up to
/// whole tiles of m, drawn without replacement; all if there are no more.
std::vector<uint32_t> audit_rows(uint32_t nq, uint32_t m, uint64_t seed);

/// One-sided upper bound of Clopper and Pearson (1934) on the probability of a failure: the largest
/// p for which `failures` or fewer of `samples` have probability at least 1 - confidence. 1 if all
/// failed. failures <= samples, samples >= 1, confidence from 0.5 to below 1.
double clopper_pearson_upper(uint64_t failures, uint64_t samples, double confidence = kConfidence);

/// |approximate - exact| / |exact| in the Euclidean norm over `count` elements. Where the exact row
/// is zero: 0 if the approximate one is, else infinity; infinity, too, if an element is not finite.
double row_error(const double* approximate, const double* exact, uint32_t count);

/// One audited row.
struct AuditedRow {
    double error = 0;  ///< row_error
    double effective_samples = 0, largest_share = 0;
    bool complete = false;  ///< of SelectedRow: nothing is approximated here
};

/// What the audit says of one head, or of the worst of several.
struct HeadAudit {
    uint64_t rows = 0, failures = 0;  ///< failures: error > tolerance
    double median = 0, p95 = 0;  ///< errors; p95: the least that 95 % of the rows do not exceed
    double bound = 0;            ///< on the failing share of all rows of the head
    /// Over the rows that are not complete; infinity and 0 if there are none.
    double least_samples = 0, largest_share = 0;
};
/// `all`: the audited rows are all there are, and the bound is their failing share itself.
HeadAudit audit_head(const std::vector<AuditedRow>& rows, double tolerance, bool all);

/// The verdict on a run. Each head is judged for itself, so the figures are those of the worst.
struct Verdict {
    HeadAudit worst;  ///< each figure the worst of all heads; all heads have the same rows
    double tolerance = 0;
    bool few_fail = false;        ///< bound <= kMaxFailing
    bool enough_samples = false;  ///< least_samples >= 1 / tolerance^2
    bool no_heavy_tile = false;   ///< largest_share <= kMaxShare

    bool valid() const { return few_fail && enough_samples && no_heavy_tile; }
    /// "VALID", or "not valid: " and each condition that fails, with its figures.
    std::string text() const;
};
Verdict verdict_of(const std::vector<HeadAudit>& heads, double tolerance);

}  // namespace tessera::host
