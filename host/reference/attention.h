// SPDX-License-Identifier: MIT
// Attention in double precision: what the device's result is held against. Streams over keys, so it
// needs memory for the tensors and a few rows, never for an N x N matrix. Uses all cores.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "host/reference/key_range.h"

namespace tessera::host {

inline constexpr double kNoSink = -std::numeric_limits<double>::infinity();

/// Reads elements [first, first + count) of a contiguous tensor, exactly, as doubles. Called from
/// several threads at once.
using ElementReader = std::function<void(size_t first, size_t count, double* out)>;

/// Reader of an array of bf16. Subnormal elements are zeros, as they are for the device.
ElementReader bf16_reader(const uint16_t* data);
/// Reader of an array of fp32.
ElementReader fp32_reader(const float* data);

/// O[h] = softmax(scale * Q[h] K[h / group]^T) V[h / group], group = query_heads / kv_heads.
struct ReferenceProblem {
    uint32_t query_heads = 0, kv_heads = 0;
    uint32_t nq = 0, nk = 0;    ///< tokens
    uint32_t d_k = 0, d_v = 0;  ///< elements
    double scale = 0;
    /// Sets `ranges` to the keys that query `row` of a query head sees, ascending and disjoint,
    /// each with its weight, by which exp(score) is multiplied. Empty: all. Called from several
    /// threads at once.
    std::function<void(uint32_t head, uint32_t row, std::vector<KeyRange>& ranges)> visible;
    ElementReader q;  ///< [query_heads][nq][d_k]
    ElementReader k;  ///< [kv_heads][nk][d_k]
    ElementReader v;  ///< [kv_heads][nk][d_v]
    /// Keys of each key/value head that any query may see; the others are not read. Empty: all.
    std::vector<KeyRange> keys = {};
    KeyRange keys_of(uint32_t kv_head) const {
        return keys.empty() ? KeyRange{0, nk} : keys[kv_head];
    }
    /// Logit of a key without value that a row has beside those that it sees: its denominator has
    /// exp(logit) more. kNoSink: the row has none. Empty: no row has one.
    std::function<double(uint32_t head, uint32_t row)> sink_logit = {};
};

struct ReferenceOptions {
    bool moments = true;   ///< also compute what error bounds need: spread, magnitude, ...
    uint32_t threads = 0;  ///< 0: as many as the machine has, one for a small problem
    std::function<void(double)> progress;  ///< told the finished share, 0 to 1, from any thread
};

/// All arrays are [query_heads][nq] or [query_heads][nq][d_v].
struct ReferenceResult {
    std::vector<double> o;
    std::vector<double> lse;       ///< log of the sum of exp(scale * q k); -inf: no key and no sink
    std::vector<float> spread;     ///< E_p|v - O|, the mean over keys with their weights p
    std::vector<float> magnitude;  ///< E_p|v|
    /// How far a score of the row may be off, as fp32 works it out, over 2^-24: term 3 of
    /// docs/contract/accuracy.md, section 1.
    std::vector<double> score_error;
    std::vector<double> value_peak;  ///< [kv_heads]: largest |v|
};

/// The logit of a row's sink, or kNoSink.
double sink_logit(const ReferenceProblem& problem, uint32_t head, uint32_t row);

/// The keys that a query sees.
std::vector<KeyRange> visible_keys(const ReferenceProblem& problem, uint32_t head, uint32_t row);

/// The attention of `problem`. Rows with no key: o = 0 and lse = -inf or the logit of the sink. NaN
/// and Inf propagate, but never out of keys that a row may not see.
ReferenceResult reference_attention(const ReferenceProblem& problem,
                                    const ReferenceOptions& options = {});

}  // namespace tessera::host
