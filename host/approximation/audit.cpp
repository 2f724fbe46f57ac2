// SPDX-License-Identifier: MIT
#include "host/approximation/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "host/approximation/draw.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Probability of at most `failures` of `samples`, each with probability p, failures / samples <= p
/// < 1. Its terms fall from the last one down, which alone is computed through logarithms.
double binomial_tail(uint64_t failures, uint64_t samples, double p) {
    const auto n = static_cast<double>(samples);
    auto k = static_cast<double>(failures);
    double term = std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) +
                           k * std::log(p) + (n - k) * std::log1p(-p));
    double sum = 0;
    for (; k >= 0 && term > 0; --k) {
        sum += term;
        term *= k * (1 - p) / ((n - k + 1) * p);
    }
    return sum;
}

/// The least of `sorted` that `share` of them do not exceed.
double quantile(const std::vector<double>& sorted, double share) {
    const auto place = static_cast<size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    return sorted[std::max<size_t>(place, 1) - 1];
}

}  // namespace

std::vector<uint32_t> audit_rows(uint32_t nq, uint32_t m, uint64_t seed) {
    const uint32_t tiles = spec::divide_up(std::max(m, kMinAuditRows), m);
    std::vector<uint32_t> rows(nq);
    std::iota(rows.begin(), rows.end(), 0u);
    if (uint64_t{tiles} * m >= nq) return rows;
    std::mt19937_64 random = draw_generator(seed, DrawStream::kAudit);
    draw_to_front(random, rows, size_t{tiles} * m);
    rows.resize(size_t{tiles} * m);
    std::sort(rows.begin(), rows.end());
    return rows;
}

double clopper_pearson_upper(uint64_t failures, uint64_t samples, double confidence) {
    if (failures >= samples) return 1;
    // The tail falls as p grows; at the observed share it is at least one half, as that is the
    // median. Sixty halvings are as fine as a double near one.
    double low = static_cast<double>(failures) / static_cast<double>(samples), high = 1;
    for (int i = 0; i < 60; ++i) {
        const double p = (low + high) / 2;
        (binomial_tail(failures, samples, p) > 1 - confidence ? low : high) = p;
    }
    return high;
}

double row_error(const double* approximate, const double* exact, uint32_t count) {
    double difference = 0, length = 0;
    for (uint32_t c = 0; c < count; ++c) {
        difference = std::hypot(difference, approximate[c] - exact[c]);
        length = std::hypot(length, exact[c]);
    }
    if (difference == 0) return 0;
    const double error = difference / length;
    return std::isfinite(error) ? error : kInfinity;
}

HeadAudit audit_head(const std::vector<AuditedRow>& rows, double tolerance, bool all) {
    HeadAudit audit;
    audit.rows = rows.size();
    audit.least_samples = kInfinity;
    std::vector<double> errors;
    for (const AuditedRow& row : rows) {
        errors.push_back(row.error);
        if (!(row.error <= tolerance)) ++audit.failures;
        if (row.complete) continue;
        // What is no number speaks against the approximation.
        const double samples = std::isnan(row.effective_samples) ? 0 : row.effective_samples;
        const double share = std::isnan(row.largest_share) ? 1 : row.largest_share;
        audit.least_samples = std::min(audit.least_samples, samples);
        audit.largest_share = std::max(audit.largest_share, share);
    }
    std::sort(errors.begin(), errors.end());
    audit.median = quantile(errors, 0.5);
    audit.p95 = quantile(errors, 0.95);
    audit.bound = all ? static_cast<double>(audit.failures) / static_cast<double>(audit.rows)
                      : clopper_pearson_upper(audit.failures, audit.rows);
    return audit;
}

Verdict verdict_of(const std::vector<HeadAudit>& heads, double tolerance) {
    Verdict v;
    v.tolerance = tolerance;
    v.worst = heads.front();
    for (const HeadAudit& head : heads) {
        v.worst.failures = std::max(v.worst.failures, head.failures);
        v.worst.median = std::max(v.worst.median, head.median);
        v.worst.p95 = std::max(v.worst.p95, head.p95);
        v.worst.bound = std::max(v.worst.bound, head.bound);
        v.worst.least_samples = std::min(v.worst.least_samples, head.least_samples);
        v.worst.largest_share = std::max(v.worst.largest_share, head.largest_share);
    }
    v.few_fail = v.worst.bound <= kMaxFailing;
    v.enough_samples = v.worst.least_samples >= 1 / (tolerance * tolerance);
    v.no_heavy_tile = v.worst.largest_share <= kMaxShare;
    return v;
}

std::string Verdict::text() const {
    if (valid()) return "VALID";
    std::vector<std::string> reasons;
    if (!few_fail)
        reasons.push_back(fmt::format(
            "{} of {} audited rows are off by more than {:g}, so up to {:.3g} % of all rows may "
            "be; allowed: {:g} %",
            worst.failures, worst.rows, tolerance, 100 * worst.bound, 100 * kMaxFailing));
    if (!enough_samples)
        reasons.push_back(
            fmt::format("a row has an effective sample size of {:.3g}; needed: {:.6g}",
                        worst.least_samples, 1 / (tolerance * tolerance)));
    if (!no_heavy_tile)
        reasons.push_back(fmt::format("a seen tile carries {:.3g} % of a row; allowed: {:g} %",
                                      100 * worst.largest_share, 100 * kMaxShare));
    return fmt::format("approximation not valid for this input: {}", fmt::join(reasons, "; "));
}

}  // namespace tessera::host
