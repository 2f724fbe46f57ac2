// SPDX-License-Identifier: MIT
#include "host/reference/linear.h"

#include <cmath>

#include "host/reference/error.h"

namespace tessera::host {
namespace {

/// Sums over keys of one head: for each feature r the sums of phi(k)_r, phi(k)_r v, phi(k)_r |v|.
class Sums {
  public:
    explicit Sums(const ReferenceLinear& p)
        : p_(p),
          denominator_(p.d_k),
          numerator_(size_t{p.d_k} * p.d_v),
          magnitude_(numerator_.size()),
          row_(p.d_k),
          value_(p.d_v) {}

    void add_key(uint32_t head, uint32_t j) {
        p_.k((size_t{head} * p_.nk + j) * p_.d_k, p_.d_k, row_.data());
        p_.v((size_t{head} * p_.nk + j) * p_.d_v, p_.d_v, value_.data());
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

    /// o of a query and E|v|.
    void answer(uint32_t head, uint32_t i, std::vector<double>& o, std::vector<double>& mean) {
        p_.q((size_t{head} * p_.nq + i) * p_.d_k, p_.d_k, row_.data());
        o.assign(p_.d_v, 0);
        mean.assign(p_.d_v, 0);
        double all = 0;
        for (uint32_t r = 0; r < p_.d_k; ++r) {
            const double weight = p_.feature(row_[r]);
            all += weight * denominator_[r];
            for (uint32_t c = 0; c < p_.d_v; ++c) {
                o[c] += weight * numerator_[size_t{r} * p_.d_v + c];
                mean[c] += weight * magnitude_[size_t{r} * p_.d_v + c];
            }
        }
        for (uint32_t c = 0; c < p_.d_v; ++c) {
            o[c] /= all;
            mean[c] /= all;
        }
    }

  private:
    const ReferenceLinear& p_;
    std::vector<double> denominator_, numerator_, magnitude_;
    std::vector<double> row_, value_;
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
    std::vector<double> exact, mean;
    for (uint32_t head = 0; head < p.query_heads; ++head) {
        const uint32_t kv = head / (p.query_heads / p.kv_heads);
        Sums sums(p);
        for (uint32_t j = 0; !p.causal && j < p.nk; ++j) sums.add_key(kv, j);
        for (uint32_t i = 0; i < p.nq; ++i) {
            if (p.causal) sums.add_key(kv, i);
            sums.answer(head, i, exact, mean);
            for (uint32_t c = 0; c < p.d_v; ++c) {
                const size_t at = (size_t{head} * p.nq + i) * p.d_v + c;
                errors.add(static_cast<double>(o[at]), exact[c], mean[c], bound * mean[c]);
            }
        }
        progress((head + 1.0) / p.query_heads);
    }
    errors.finish();
    return errors;
}

}  // namespace tessera::host
