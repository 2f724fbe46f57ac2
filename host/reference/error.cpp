// SPDX-License-Identifier: MIT
#include "host/reference/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tessera::host {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// Rounded scores that may double a weight are far beyond what the device's score format holds
/// (docs/contract/device.md, section 5): such a row has no bound worth the name, and counts as
/// outside.
constexpr double kMaxScoreTerm = 1.0;

/// Shares and values are quotients, then comes a quotient of u and a product.
constexpr double kSentinelRoundings = 8;
/// Real weights are as small as 2^-60 of the sentinel's, which is what is not flushed.
const double kSentinelUnderflow = std::ldexp(1.0, 61);

/// Distance, for numbers that may be infinite or NaN on the device's side.
double distance(double actual, double exact) {
    if (actual == exact) return 0;
    const double d = std::fabs(actual - exact);
    return std::isnan(d) ? kInfinity : d;
}

double ratio(double error, double bound) {
    if (error == 0) return 0;
    return bound > 0 ? error / bound : kInfinity;
}

/// Key tiles that hold keys of the row. Keys that lie far apart are gathered: then their tiles are
/// full but for the last, and what is left is at most a window, a block and the sinks.
double tiles_merged(const std::vector<KeyRange>& ranges, double keys, uint32_t m) {
    constexpr double kRagged = 3;
    uint64_t touched = 0;
    for (const KeyRange& range : ranges)
        if (range.begin != range.end) touched += (range.end - 1) / m - range.begin / m + 1;
    return std::min(static_cast<double>(touched), std::ceil(keys / m) + kRagged);
}

/// Sums of squares, and the largest, of what has been compared so far.
struct Squares {
    double error = 0, exact = 0, max_abs = 0;

    void add(double distance_abs, double exact_value) {
        error += distance_abs * distance_abs;
        exact += exact_value * exact_value;
        max_abs = std::fmax(max_abs, distance_abs);
    }
    double rms_relative() const { return error == 0 ? 0 : std::sqrt(error / exact); }
};

/// One comparison, row by row.
class Comparison {
  public:
    Comparison(const ReferenceProblem& problem, const ReferenceResult& reference,
               const BoundParams& params, const float* o, const double* lse)
        : p_(problem), r_(reference), params_(params), o_(o), lse_(lse) {
        s_.has_lse = lse != nullptr;
    }

    ErrorSummary run() {
        for (uint32_t head = 0; head < p_.query_heads; ++head)
            for (uint32_t row = 0; row < p_.nq; ++row) compare_row(head, row);
        s_.max_abs = squares_.max_abs;
        s_.rms_relative = squares_.rms_relative();
        return s_;
    }

  private:
    bool finite_row(size_t first) const {
        for (uint32_t c = 0; c < p_.d_v; ++c)
            if (!std::isfinite(r_.o[first + c])) return false;
        return true;
    }

    void compare_row(uint32_t head, uint32_t row) {
        const size_t index = size_t{head} * p_.nq + row;
        const bool empty = key_count(visible_keys(p_, head, row)) == 0;
        if (empty) ++s_.rows_empty;
        if (!empty && (!finite_row(index * p_.d_v) || !std::isfinite(r_.lse[index])))
            ++s_.rows_nonfinite;
        const RowBound bound = row_bound(p_, r_, params_, head, row);
        for (uint32_t c = 0; c < p_.d_v; ++c) compare_element(bound, empty, head, row, c);
        if (lse_ == nullptr) return;
        if (empty)
            compare_lse(sink_logit(p_, head, row) == kNoSink ? 0 : kSinkWeightError, true, index);
        else
            compare_lse(lse_bound(bound), bound.scores <= kMaxScoreTerm, index);
    }

    void compare_element(const RowBound& bound, bool empty, uint32_t head, uint32_t row,
                         uint32_t column) {
        const size_t i = (size_t{head} * p_.nq + row) * p_.d_v + column;
        if (!std::isfinite(r_.o[i])) return compare_nonfinite(i, head, row, column);
        const double error = distance(static_cast<double>(o_[i]), r_.o[i]);
        const double strict = empty ? 0 : element_bound(r_, params_, bound, i);
        const double full = empty ? 0 : full_element_bound(r_, params_, bound, i);
        const bool bounded = empty || bound.scores <= kMaxScoreTerm;
        ++s_.elements;
        if (!bounded || !(error <= full)) ++s_.outside;
        squares_.add(error, r_.o[i]);
        s_.max_over_bound = std::fmax(s_.max_over_bound, ratio(error, strict));
        note_over(bounded ? ratio(error, full) : kInfinity, head, row, column);
    }

    void compare_nonfinite(size_t i, uint32_t head, uint32_t row, uint32_t column) {
        switch (meeting(static_cast<double>(o_[i]), r_.o[i])) {
            case Meeting::kSame:
                ++s_.elements;
                s_.histogram.add(0);
                return;
            case Meeting::kNeither: s_.skip(NotComparable::kNonFinite); return;
            case Meeting::kDifferent: break;
        }
        ++s_.elements;
        ++s_.outside;
        squares_.add(kInfinity, 0);
        s_.max_over_bound = kInfinity;
        note_over(kInfinity, head, row, column);
    }

    /// An element's error over its full bound.
    void note_over(double over, uint32_t head, uint32_t row, uint32_t column) {
        s_.histogram.add(over);
        if (!(over > s_.max_over_full_bound)) return;
        s_.max_over_full_bound = over;
        s_.worst_head = head;
        s_.worst_row = row;
        s_.worst_column = column;
    }

    void compare_lse(double limit, bool bounded, size_t index) {
        ++s_.lse_rows;
        if (std::isnan(lse_[index]) && std::isnan(r_.lse[index])) return;
        const double error = distance(lse_[index], r_.lse[index]);
        if (!bounded || !(error <= limit)) ++s_.lse_outside;
        s_.lse_max_abs = std::fmax(s_.lse_max_abs, error);
        s_.lse_max_over_bound =
            std::fmax(s_.lse_max_over_bound, bounded ? ratio(error, limit) : kInfinity);
    }

    const ReferenceProblem& p_;
    const ReferenceResult& r_;
    const BoundParams& params_;
    const float* o_;
    const double* lse_;
    ErrorSummary s_;
    Squares squares_;
};

}  // namespace

RowBound row_bound(const ReferenceProblem& problem, const ReferenceResult& reference,
                   const BoundParams& params, uint32_t head, uint32_t row) {
    const std::vector<KeyRange> ranges = visible_keys(problem, head, row);
    const double keys = static_cast<double>(key_count(ranges));
    const bool sentinel = params.sentinel != fw::SentinelForm::kNone;
    const uint32_t tile_keys = sentinel ? params.m - 1 : params.m;
    const bool sink = sink_logit(problem, head, row) != kNoSink;  // merged as a tile is
    const double tiles =
        (params.calls != 0 ? params.calls : tiles_merged(ranges, keys, tile_keys)) + (sink ? 1 : 0);
    // What fp32 adds, and the last place of a score: 2^-16 of a power of two.
    const double delta = std::ldexp(reference.score_error[size_t{head} * problem.nq + row], -24) +
                         std::ldexp(std::log(2.0), -17);
    const uint32_t kv_head = head / (problem.query_heads / problem.kv_heads);
    RowBound bound;
    bound.weights = kWeightError;
    // u = 1 - w: w, of a quotient of sums, is off by 2^-23, and 1 / u is at most 1 + 2^10.
    if (params.sentinel == fw::SentinelForm::kTwoCalls) bound.weights += std::ldexp(1.0, -12);
    bound.sums = (params.m + tiles + (sentinel ? kSentinelRoundings : 0)) * std::ldexp(1.0, -23);
    bound.scores = std::expm1(2 * delta);
    bound.underflow =
        4 * (keys + tiles) * std::ldexp(1.0, -126) * (1 + reference.value_peak[kv_head]);
    if (sentinel && sink) bound.beside_sink = bound.underflow;
    if (sentinel) bound.underflow *= kSentinelUnderflow;
    return bound;
}

double element_bound(const ReferenceResult& reference, const BoundParams& params,
                     const RowBound& row, size_t index) {
    const double bound = row.weights * static_cast<double>(reference.spread[index]) +
                         row.sums * static_cast<double>(reference.magnitude[index]);
    if (!params.bf16_output) return bound;
    return bound + kBf16UnitRoundoff * (std::fabs(reference.o[index]) + bound);
}

double full_element_bound(const ReferenceResult& reference, const BoundParams& params,
                          const RowBound& row, size_t index) {
    double underflow = row.underflow;
    // Relative to values as small as what is flushed it would allow anything; a sink far above the
    // scores makes all of them that small.
    if (params.sentinel != fw::SentinelForm::kNone)
        underflow = std::fmax(
            std::fmin(underflow, row.weights * static_cast<double>(reference.magnitude[index])),
            row.beside_sink);
    const double added = row.scores * static_cast<double>(reference.spread[index]) + underflow;
    return element_bound(reference, params, row, index) +
           (params.bf16_output ? 1 + kBf16UnitRoundoff : 1.0) * added;
}

double lse_bound(const RowBound& row) { return row.weights + row.sums + row.scores; }

ErrorSummary compare_with_reference(const ReferenceProblem& problem,
                                    const ReferenceResult& reference, const BoundParams& params,
                                    const float* o, const double* lse) {
    return Comparison(problem, reference, params, o, lse).run();
}

Difference difference(const std::vector<double>& actual, const std::vector<double>& exact) {
    Difference result;
    Squares squares;
    for (size_t i = 0; i < exact.size(); ++i) {
        if (!std::isfinite(actual[i]) || !std::isfinite(exact[i])) continue;
        squares.add(std::fabs(actual[i] - exact[i]), exact[i]);
        ++result.elements;
    }
    result.all = exact.size();
    result.max_abs = squares.max_abs;
    result.rms_relative = squares.rms_relative();
    return result;
}

}  // namespace tessera::host
