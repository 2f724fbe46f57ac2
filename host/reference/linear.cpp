// SPDX-License-Identifier: MIT
#include "host/reference/linear.h"

#include <cmath>

#include "host/reference/error.h"

namespace tessera::host {
namespace {

/// What the flushing of a row may be of its denominator, for the bound to apply.
constexpr double kLargestFlushed = 0x1p-24;

/// A query's exact result, an element each, and what its error is held against.
struct Answer {
    std::vector<double> o;
    std::vector<double> mean;  ///< E|v|
    std::vector<double> size;  ///< of all that the device adds up on the way
    double flushed = 0;        ///< of the denominator: what may be lost below 2^-126
};

/// Sums over keys of one head: for each feature r the sums of phi(k)_r, phi(k)_r v, phi(k)_r |v|.
class Sums {
  public:
    explicit Sums(const ReferenceLinear& p)
        : p_(p),
          denominator_(p.d_k),
          numerator_(size_t{p.d_k} * p.d_v),
          magnitude_(numerator_.size()),
          peak_(p.d_v),
          row_(p.d_k),
          value_(p.d_v) {}

    void add_key(uint32_t head, uint32_t j) {
        p_.k((size_t{head} * p_.nk + j) * p_.d_k, p_.d_k, row_.data());
        p_.v((size_t{head} * p_.nk + j) * p_.d_v, p_.d_v, value_.data());
        ++keys_;
        for (uint32_t c = 0; c < p_.d_v; ++c) peak_[c] = std::fmax(peak_[c], std::fabs(value_[c]));
        for (uint32_t r = 0; r < p_.d_k; ++r) {
            const double weight = p_.feature(row_[r]);
            denominator_[r] += weight;
            double *sum = &numerator_[size_t{r} * p_.d_v], *size = &magnitude_[size_t{r} * p_.d_v];
            for (uint32_t c = 0; c < p_.d_v; ++c) {
                sum[c] += weight * value_[c];
                size[c] += weight * std::fabs(value_[c]);
            }
        }
    }

    void answer(uint32_t head, uint32_t i, Answer& a) {
        p_.q((size_t{head} * p_.nq + i) * p_.d_k, p_.d_k, row_.data());
        a.o.assign(p_.d_v, 0);
        a.mean.assign(p_.d_v, 0);
        a.size.assign(p_.d_v, 0);
        double all = 0, queries = 0, keys = 0;
        for (uint32_t r = 0; r < p_.d_k; ++r) {
            const double weight = p_.feature(row_[r]);
            all += weight * denominator_[r];
            queries += weight;
            keys += denominator_[r];
            for (uint32_t c = 0; c < p_.d_v; ++c) {
                const double magnitude = magnitude_[size_t{r} * p_.d_v + c];
                a.o[c] += weight * numerator_[size_t{r} * p_.d_v + c];
                a.mean[c] += weight * magnitude;
                a.size[c] += (1 + weight) * (magnitude + denominator_[r]);
            }
        }
        for (uint32_t c = 0; c < p_.d_v; ++c) {
            a.o[c] /= all;
            a.mean[c] /= all;
        }
        a.flushed = 0x1p-123 * (keys + (keys_ + 1.0) * (queries + 2.0 * p_.d_k + 1)) / all;
    }
    /// Largest |v| of a column.
    double peak(uint32_t column) const { return peak_[column]; }

  private:
    const ReferenceLinear& p_;
    std::vector<double> denominator_, numerator_, magnitude_, peak_;
    std::vector<double> row_, value_;
    uint32_t keys_ = 0;
};

}  // namespace

double linear_relative_error(uint32_t m, uint32_t d_k, uint32_t updates) {
    const double additions = 2.0 * m + d_k + updates;
    return std::pow(1 + kBf16UnitRoundoff, 3) * (1 + additions * 0x1p-23) - 1;
}

ElementErrors compare_linear(const ReferenceLinear& p, double e, const std::vector<float>& o,
                             const std::function<void(double)>& progress) {
    const double bound = 2 * e / (1 - e) + 0x1p-23;
    ElementErrors errors;
    Answer a;
    for (uint32_t head = 0; head < p.query_heads; ++head) {
        const uint32_t kv = head / (p.query_heads / p.kv_heads);
        Sums sums(p);
        for (uint32_t j = 0; !p.causal && j < p.nk; ++j) sums.add_key(kv, j);
        for (uint32_t i = 0; i < p.nq; ++i) {
            if (p.causal) sums.add_key(kv, i);
            sums.answer(head, i, a);
            if (!(a.flushed <= kLargestFlushed)) {
                errors.not_compared += p.d_v;
                continue;
            }
            for (uint32_t c = 0; c < p.d_v; ++c) {
                const size_t at = (size_t{head} * p.nq + i) * p.d_v + c;
                errors.add(static_cast<double>(o[at]), a.o[c], a.size[c],
                           bound * a.mean[c] + 3 * a.flushed * (sums.peak(c) + 1));
            }
        }
        progress((head + 1.0) / p.query_heads);
    }
    errors.finish();
    return errors;
}

}  // namespace tessera::host
