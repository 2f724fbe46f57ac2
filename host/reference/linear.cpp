// SPDX-License-Identifier: MIT
#include "host/reference/linear.h"

#include <cmath>

#include "host/reference/error.h"

namespace tessera::host {
namespace {

/// What the flushing of a row may be of its denominator, for the bound to apply.
constexpr double kMaxFlushed = 0x1p-24;

/// A query's exact result, an element each, and what its error is held against.
struct Answer {
    std::vector<double> o;
    std::vector<double> mean;  ///< E|v|
    std::vector<double> size;  ///< of all that the device adds up on the way
};

/// The denominators of one query head's rows: sums over keys of their features.
class Denominators {
  public:
    Denominators(const ReferenceLinear& p, uint32_t head)
        : p_(p),
          head_(head),
          kv_head_(head / (p.query_heads / p.kv_heads)),
          sums_(p.d_k),
          query_(p.d_k),
          key_(p.d_k) {}

    uint32_t kv_head() const { return kv_head_; }
    const std::vector<double>& sums() const { return sums_; }
    const std::vector<double>& query() const { return query_; }
    const std::vector<double>& key() const { return key_; }
    /// Of the query that was read last.
    double denominator() const { return denominator_; }

    /// Features of key j, and adds them.
    void add_key(uint32_t j) {
        read(p_.k, size_t{kv_head_} * p_.nk + j, p_.key_exponents[kv_head_], key_);
        ++keys_;
        for (uint32_t r = 0; r < p_.d_k; ++r) sums_[r] += key_[r];
    }
    void read_query(uint32_t i) {
        const size_t row = size_t{head_} * p_.nq + i;
        read(p_.q, row, p_.query_exponents[row], query_);
        denominator_ = 0;
        for (uint32_t r = 0; r < p_.d_k; ++r) denominator_ += query_[r] * sums_[r];
    }
    /// What may be lost below 2^-126, of the denominator.
    double flushed() const {
        double queries = 0, keys = 0;
        for (uint32_t r = 0; r < p_.d_k; ++r) {
            queries += query_[r];
            keys += sums_[r];
        }
        return 0x1p-123 * (keys + (keys_ + 1.0) * (queries + 2.0 * p_.d_k + 1)) / denominator_;
    }
    /// May the denominator be lost? One that is not finite comes from the input, as do its results.
    bool lost() const { return std::isfinite(denominator_) && !(flushed() <= kMaxFlushed); }

  private:
    void read(const ElementReader& from, size_t row, int exponent, std::vector<double>& to) const {
        from(row * p_.d_k, p_.d_k, to.data());
        for (double& x : to) x = std::ldexp(p_.feature(x), exponent);
    }

    const ReferenceLinear& p_;
    uint32_t head_, kv_head_;
    std::vector<double> sums_, query_, key_;
    double denominator_ = 0;
    uint32_t keys_ = 0;
};

/// Visits the queries of a head; `add_key` has been called for the keys that each sees.
template <typename AddKey, typename Visit>
void each_query(const ReferenceLinear& p, AddKey&& add_key, Visit&& visit) {
    for (uint32_t j = 0; !p.causal && j < p.nk; ++j) add_key(j);
    for (uint32_t i = 0; i < p.nq; ++i) {
        if (p.causal) add_key(i);
        visit(i);
    }
}

/// Sums over keys of one head: for each feature r the sums of phi(k)_r v and phi(k)_r |v|.
class Sums {
  public:
    Sums(const ReferenceLinear& p, const Denominators& denominators)
        : p_(p),
          denominators_(denominators),
          numerator_(size_t{p.d_k} * p.d_v),
          magnitude_(numerator_.size()),
          peak_(p.d_v),
          value_(p.d_v) {}

    /// Key j, which the denominators have read.
    void add_key(uint32_t j) {
        p_.v((size_t{denominators_.kv_head()} * p_.nk + j) * p_.d_v, p_.d_v, value_.data());
        for (uint32_t c = 0; c < p_.d_v; ++c) peak_[c] = std::fmax(peak_[c], std::fabs(value_[c]));
        for (uint32_t r = 0; r < p_.d_k; ++r) {
            const double weight = denominators_.key()[r];
            double *sum = &numerator_[size_t{r} * p_.d_v], *size = &magnitude_[size_t{r} * p_.d_v];
            for (uint32_t c = 0; c < p_.d_v; ++c) {
                sum[c] += weight * value_[c];
                size[c] += weight * std::fabs(value_[c]);
            }
        }
    }

    /// Of the query that the denominators have read.
    void answer(Answer& a) const {
        a.o.assign(p_.d_v, 0);
        a.mean.assign(p_.d_v, 0);
        a.size.assign(p_.d_v, 0);
        for (uint32_t r = 0; r < p_.d_k; ++r) {
            const double weight = denominators_.query()[r];
            for (uint32_t c = 0; c < p_.d_v; ++c) {
                const double magnitude = magnitude_[size_t{r} * p_.d_v + c];
                a.o[c] += weight * numerator_[size_t{r} * p_.d_v + c];
                a.mean[c] += weight * magnitude;
                a.size[c] += (1 + weight) * (magnitude + denominators_.sums()[r]);
            }
        }
        for (uint32_t c = 0; c < p_.d_v; ++c) {
            a.o[c] /= denominators_.denominator();
            a.mean[c] /= denominators_.denominator();
        }
    }
    /// Largest |v| of a column.
    double peak(uint32_t column) const { return peak_[column]; }

  private:
    const ReferenceLinear& p_;
    const Denominators& denominators_;
    std::vector<double> numerator_, magnitude_, peak_, value_;
};

/// One query head's rows against `o`.
void compare_head(const ReferenceLinear& p, double bound, const std::vector<float>& o,
                  uint32_t head, ElementErrors& errors) {
    Denominators denominators(p, head);
    Sums sums(p, denominators);
    Answer a;
    const auto add_key = [&](uint32_t j) {
        denominators.add_key(j);
        sums.add_key(j);
    };
    each_query(p, add_key, [&](uint32_t i) {
        denominators.read_query(i);
        if (denominators.lost()) return errors.skip(NotComparable::kDenominator, p.d_v);
        sums.answer(a);
        const double flushed = denominators.flushed();
        for (uint32_t c = 0; c < p.d_v; ++c) {
            const size_t at = (size_t{head} * p.nq + i) * p.d_v + c;
            errors.add(static_cast<double>(o[at]), a.o[c], a.size[c],
                       bound * a.mean[c] + 3 * flushed * (sums.peak(c) + 1));
        }
    });
}

}  // namespace

double linear_relative_error(uint32_t m, uint32_t d_k, uint32_t updates) {
    const double additions = 2.0 * m + d_k + updates;
    return std::pow(1 + kBf16UnitRoundoff, 3) * (1 + additions * 0x1p-23) - 1;
}

ElementErrors compare_linear(const ReferenceLinear& p, double e, const std::vector<float>& o,
                             const std::function<void(double)>& progress) {
    const double bound = 2 * e / (1 - e) + 0x1p-23;
    ElementErrors errors;
    for (uint32_t head = 0; head < p.query_heads; ++head) {
        compare_head(p, bound, o, head, errors);
        progress((head + 1.0) / p.query_heads);
    }
    errors.finish();
    return errors;
}

std::vector<RowName> lost_denominators(const ReferenceLinear& p) {
    std::vector<RowName> lost;
    for (uint32_t head = 0; head < p.query_heads; ++head) {
        Denominators denominators(p, head);
        each_query(
            p, [&](uint32_t j) { denominators.add_key(j); },
            [&](uint32_t i) {
                denominators.read_query(i);
                if (denominators.lost()) lost.push_back({head, i});
            });
    }
    return lost;
}

}  // namespace tessera::host
