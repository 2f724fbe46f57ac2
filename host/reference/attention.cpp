// SPDX-License-Identifier: MIT
#include "host/reference/attention.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>

#include "host/float_bits.h"
#include "host/processors.h"
#include "host/reference/inner_loops.h"
#include "spec/float.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

constexpr uint32_t kBlockRows = 8;    ///< query rows that share one pass over K and V
constexpr uint32_t kScoreKeys = 256;  ///< keys of one score tile: the tile stays in the first cache
constexpr uint32_t kValueKeys = 64;   ///< value rows of one tile, likewise

constexpr int kNoBits = 4096;  // above all exponents

/// Exponent of the lowest 1 among the bits of the numbers; kNoBits if all are 0.
int lowest_bit(const double* numbers, uint32_t n) {
    constexpr int kFractionBits = 52, kBias = 1023;
    int lowest = kNoBits;
    for (uint32_t i = 0; i < n; ++i) {
        if (numbers[i] == 0) continue;
        uint64_t bits = 0;
        std::memcpy(&bits, &numbers[i], sizeof bits);
        const uint64_t fraction = (bits & ((uint64_t{1} << kFractionBits) - 1)) |
                                  uint64_t{1} << kFractionBits;  // none is subnormal in double
        const int exponent = static_cast<int>(bits >> kFractionBits & 0x7ff) - kBias;
        lowest = std::min(lowest, exponent - kFractionBits + __builtin_ctzll(fraction));
    }
    return lowest;
}

double length_of(const double* numbers, uint32_t n) {
    double square = 0;
    for (uint32_t i = 0; i < n; ++i) square += numbers[i] * numbers[i];
    return std::sqrt(square);
}

/// How long a vector is, and how fine its numbers are.
struct Grain {
    double length = 0;
    double grains = 0;     ///< length, in units of the lowest bit
    int lowest = kNoBits;  ///< its exponent

    Grain() = default;
    Grain(const double* numbers, uint32_t n)
        : length(length_of(numbers, n)), lowest(lowest_bit(numbers, n)) {
        grains = std::ldexp(length, -lowest);
    }
    /// Of two: the largest of all.
    void join(const Grain& other) {
        length = std::max(length, other.length);
        grains = std::max(grains, other.grains);
        lowest = std::min(lowest, other.lowest);
    }
};

/// Is a product of two vectors exact in fp32? No sum on the way is larger than the product of their
/// lengths, and all are whole multiples of the product of their lowest bits.
bool exact_product(const Grain& a, const Grain& b) {
    constexpr double kMostUnits = 16777216;  // 2^24
    constexpr int kLeastExponent = -126;
    return a.grains * b.grains <= kMostUnits && a.lowest + b.lowest >= kLeastExponent;
}

/// One key head, as the inner loops want it.
struct Keys {
    std::vector<double> kt;    ///< [d_k][nk]
    std::vector<double> v;     ///< [nk][d_v]
    std::vector<Grain> grain;  ///< [nk]
    double value_peak = 0;
};

Keys prepare(const ReferenceProblem& p, uint32_t kv_head) {
    Keys keys;
    const size_t nk = p.nk;
    keys.kt.resize(nk * p.d_k);
    keys.v.resize(nk * p.d_v);
    keys.grain.resize(nk);
    const KeyRange read = p.keys_of(kv_head);
    std::vector<double> row(p.d_k);
    for (size_t j = read.begin; j < read.end; ++j) {
        p.k((kv_head * nk + j) * p.d_k, p.d_k, row.data());
        for (uint32_t c = 0; c < p.d_k; ++c) keys.kt[c * nk + j] = row[c];
        keys.grain[j] = Grain(row.data(), p.d_k);
    }
    p.v((kv_head * nk + read.begin) * p.d_v, size_t{read.end - read.begin} * p.d_v,
        keys.v.data() + size_t{read.begin} * p.d_v);
    for (const double x : keys.v)
        if (std::isfinite(x)) keys.value_peak = std::max(keys.value_peak, std::fabs(x));
    return keys;
}

/// Computes blocks of rows of one query head.
class RowBlocks {
  public:
    RowBlocks(const ReferenceProblem& problem, const Keys& keys, uint32_t head, bool moments,
              ReferenceResult& out)
        : p_(problem), keys_(keys), head_(head), moments_(moments), out_(out) {
        q_.resize(size_t{kBlockRows} * p_.d_k);
        weight_.resize(size_t{kBlockRows} * p_.nk);
        o_.resize(size_t{kBlockRows} * p_.d_v);
        spread_.resize(o_.size());
        magnitude_.resize(o_.size());
    }

    void compute(uint32_t first) {
        first_ = first;
        rows_ = std::min(kBlockRows, p_.nq - first);
        for (uint32_t r = 0; r < rows_; ++r) keys_of_[r] = visible_keys(p_, head_, first + r);
        scores();
        for (uint32_t r = 0; r < rows_; ++r) soften(r);
        values();
        if (moments_) moments();
        store();
    }

  private:
    size_t row_index(uint32_t r) const { return size_t{head_} * p_.nq + first_ + r; }
    double* weight(uint32_t r) { return weight_.data() + size_t{r} * p_.nk; }

    /// Calls visit(first key, count) over the keys of a row, in pieces of at most `most`.
    template <typename Visit>
    void each_piece(const std::vector<KeyRange>& ranges, uint32_t most, Visit&& visit) {
        for (const KeyRange& range : ranges)
            for (uint32_t j = range.begin; j < range.end; j += std::min(most, range.end - j))
                visit(j, std::min(most, range.end - j));
    }

    /// All keys that a row of the block sees.
    std::vector<KeyRange> union_of_keys() const {
        std::vector<KeyRange> all;
        for (uint32_t r = 0; r < rows_; ++r)
            all.insert(all.end(), keys_of_[r].begin(), keys_of_[r].end());
        join(all);
        return all;
    }

    void scores() {
        std::fill(q_.begin(), q_.end(), 0.0);
        p_.q(row_index(0) * p_.d_k, size_t{rows_} * p_.d_k, q_.data());
        each_piece(union_of_keys(), kScoreKeys, [&](uint32_t j, uint32_t n) {
            for (uint32_t r = 0; r < rows_; r += 2)
                inner_loops::score_rows(q_.data() + size_t{r} * p_.d_k,
                                        q_.data() + size_t{r + 1} * p_.d_k, keys_.kt.data() + j,
                                        p_.nk, p_.d_k, n, weight(r) + j, weight(r + 1) + j);
        });
    }

    /// Scores of a row to weights that sum to one; its log-sum-exp.
    void soften(uint32_t r) {
        double* w = weight(r);
        const double sink = sink_logit(p_, head_, first_ + r);
        double largest = sink, size = 0;
        bool nan = false, any = sink != kNoSink;
        const auto each_key = [&](auto&& visit) {
            for (const KeyRange& range : keys_of_[r])
                for (uint32_t j = range.begin; j < range.end; ++j) visit(j);
        };
        each_key([&](uint32_t j) {
            w[j] *= p_.scale;
            any = true;
            nan = nan || std::isnan(w[j]);
            largest = std::max(largest, w[j]);
            size = std::max(size, std::fabs(w[j]));
        });
        largest_score_[r] = size;
        double sum = sink == kNoSink ? 0 : std::exp(sink - largest);
        for (const KeyRange& range : keys_of_[r])
            for (uint32_t j = range.begin; j < range.end; ++j)
                sum += w[j] = range.weight * std::exp(w[j] - largest);
        if (nan) sum = std::numeric_limits<double>::quiet_NaN();
        each_key([&](uint32_t j) { w[j] /= sum; });
        out_.lse[row_index(r)] = any ? largest + std::log(sum) : kNoSink;
    }

    void values() {
        std::fill(o_.begin(), o_.end(), 0.0);
        for (uint32_t r = 0; r < rows_; ++r)
            each_piece(keys_of_[r], kValueKeys, [&](uint32_t j, uint32_t n) {
                inner_loops::accumulate(weight(r) + j, keys_.v.data() + size_t{j} * p_.d_v, n,
                                        p_.d_v, o_.data() + size_t{r} * p_.d_v);
            });
    }

    void moments() {
        std::fill(spread_.begin(), spread_.end(), 0.0);
        std::fill(magnitude_.begin(), magnitude_.end(), 0.0);
        for (uint32_t r = 0; r < rows_; ++r) {
            each_piece(keys_of_[r], kValueKeys, [&](uint32_t j, uint32_t n) {
                inner_loops::accumulate_moments(weight(r) + j, keys_.v.data() + size_t{j} * p_.d_v,
                                                o_.data() + size_t{r} * p_.d_v, n, p_.d_v,
                                                spread_.data() + size_t{r} * p_.d_v,
                                                magnitude_.data() + size_t{r} * p_.d_v);
            });
            out_.score_error[row_index(r)] = score_error(r);
        }
    }

    /// d_k additions, the product with the factor, and the factor's own rounding. Additions that
    /// are exact leave the last two, which go with the score.
    double score_error(uint32_t r) const {
        const Grain q(q_.data() + size_t{r} * p_.d_k, p_.d_k);
        Grain keys;
        for (const KeyRange& range : keys_of_[r])
            for (uint32_t j = range.begin; j < range.end; ++j) keys.join(keys_.grain[j]);
        if (exact_product(q, keys)) return 2 * largest_score_[r];
        return (p_.d_k + 2.0) * std::fabs(p_.scale) * q.length * keys.length;
    }

    void store() {
        const size_t count = size_t{rows_} * p_.d_v;
        const size_t at = row_index(0) * p_.d_v;
        std::copy_n(o_.data(), count, out_.o.data() + at);
        if (!moments_) return;
        for (size_t i = 0; i < count; ++i) {
            out_.spread[at + i] = static_cast<float>(spread_[i]);
            out_.magnitude[at + i] = static_cast<float>(magnitude_[i]);
        }
    }

    const ReferenceProblem& p_;
    const Keys& keys_;
    uint32_t head_;
    bool moments_;
    ReferenceResult& out_;
    uint32_t first_ = 0, rows_ = 0;
    std::vector<KeyRange> keys_of_[kBlockRows];  ///< of each row
    double largest_score_[kBlockRows] = {};      ///< likewise, in size, times the scale
    std::vector<double> q_, weight_, o_, spread_, magnitude_;
};

/// Runs work(i) for i < count on `threads` threads; rethrows the first exception.
template <typename MakeWorker>
void parallel_for(uint64_t count, uint32_t threads, const MakeWorker& make_worker) {
    std::atomic<uint64_t> next{0};
    std::exception_ptr failure;
    std::mutex mutex;
    const auto body = [&] {
        try {
            auto work = make_worker();
            for (uint64_t i = next++; i < count; i = next++) work(i);
        } catch (...) {
            const std::lock_guard<std::mutex> lock(mutex);
            if (!failure) failure = std::current_exception();
        }
    };
    std::vector<std::thread> pool;
    for (uint32_t t = 1; t < threads && t < count; ++t) pool.emplace_back(body);
    body();
    for (std::thread& thread : pool) thread.join();
    if (failure) std::rethrow_exception(failure);
}

/// Threads cost more than a small problem takes.
uint32_t threads_for(const ReferenceProblem& p) {
    constexpr uint64_t kSmallPairs = 1000000;
    const bool small = uint64_t{p.query_heads} * p.nq * p.nk < kSmallPairs;
    return small ? 1 : processors();
}

ReferenceResult allocate(const ReferenceProblem& p, bool moments) {
    ReferenceResult r;
    const size_t rows = size_t{p.query_heads} * p.nq;
    r.o.resize(rows * p.d_v);
    r.lse.resize(rows);
    if (moments) {
        r.spread.resize(rows * p.d_v);
        r.magnitude.resize(rows * p.d_v);
        r.score_error.resize(rows);
        r.value_peak.resize(p.kv_heads);
    }
    return r;
}

}  // namespace

ElementReader bf16_reader(const uint16_t* data) {
    return [data](size_t first, size_t count, double* out) {
        for (size_t i = 0; i < count; ++i)
            out[i] = static_cast<double>(float_of(spec::bf16_to_fp32(data[first + i])));
    };
}

ElementReader fp32_reader(const float* data) {
    return [data](size_t first, size_t count, double* out) {
        for (size_t i = 0; i < count; ++i) out[i] = static_cast<double>(data[first + i]);
    };
}

double sink_logit(const ReferenceProblem& problem, uint32_t head, uint32_t row) {
    return problem.sink_logit ? problem.sink_logit(head, row) : kNoSink;
}

std::vector<KeyRange> visible_keys(const ReferenceProblem& problem, uint32_t head, uint32_t row) {
    std::vector<KeyRange> ranges = {{0, problem.nk}};
    if (problem.visible) problem.visible(head, row, ranges);
    return ranges;
}

ReferenceResult reference_attention(const ReferenceProblem& problem,
                                    const ReferenceOptions& options) {
    ReferenceResult result = allocate(problem, options.moments);
    const uint32_t threads = options.threads == 0 ? threads_for(problem) : options.threads;
    const uint32_t group = problem.query_heads / problem.kv_heads;
    const uint64_t blocks = spec::divide_up(problem.nq, kBlockRows);
    std::atomic<uint64_t> done{0};
    for (uint32_t kv = 0; kv < problem.kv_heads; ++kv) {
        const Keys keys = prepare(problem, kv);
        if (options.moments) result.value_peak[kv] = keys.value_peak;
        for (uint32_t head = kv * group; head < (kv + 1) * group; ++head) {
            parallel_for(blocks, threads, [&] {
                return [&, rows = RowBlocks(problem, keys, head, options.moments, result)](
                           uint64_t block) mutable {
                    rows.compute(static_cast<uint32_t>(block) * kBlockRows);
                    const uint64_t finished = ++done;
                    if (options.progress)
                        options.progress(static_cast<double>(finished) /
                                         static_cast<double>(blocks * problem.query_heads));
                };
            });
        }
    }
    return result;
}

}  // namespace tessera::host
