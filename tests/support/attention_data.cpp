// SPDX-License-Identifier: MIT
#include "tests/support/attention_data.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace tessera::test {
namespace {

using Rows = std::vector<double>;

Rows normal_rows(std::mt19937_64& random, size_t count, double mean, double spread) {
    std::normal_distribution<double> normal(mean, spread);
    Rows rows(count);
    for (double& x : rows) x = normal(random);
    return rows;
}

host::ElementReader reader_of(Rows rows) {
    return [rows = std::make_shared<const Rows>(std::move(rows))](size_t first, size_t count,
                                                                  double* out) {
        std::copy_n(rows->data() + first, count, out);
    };
}

/// to[i] += factor * from[i] for a row.
void add_row(Rows& to, size_t to_row, const Rows& from, size_t from_row, uint32_t dim,
             double factor) {
    for (uint32_t c = 0; c < dim; ++c) to[to_row * dim + c] += factor * from[from_row * dim + c];
}

/// Queries turn to one key each: a score `score` higher than what chance gives.
void add_peaks(const DataShape& s, double score, const Rows& k, Rows& q, std::mt19937_64& random) {
    for (uint32_t i = 0; i < s.tokens; ++i) {
        const size_t key = random() % s.tokens;
        add_row(q, i, k, key, s.d_k, score / (s.score_spread * std::sqrt(s.d_k)));
    }
}

/// Runs of 8 to 127 tokens, each of one of eight topics, whose direction queries, keys and values
/// of the run have besides.
void add_topics(const DataShape& s, double score, Rows& q, Rows& k, Rows& v,
                std::mt19937_64& random) {
    constexpr size_t kTopics = 8;
    const Rows key_of = normal_rows(random, kTopics * s.d_k, 0, 1);
    const Rows value_of = normal_rows(random, kTopics * s.d_v, 0, s.value_spread);
    const double factor = std::sqrt(score / (s.score_spread * std::sqrt(s.d_k)));
    for (uint32_t i = 0, left = 0, topic = 0; i < s.tokens; ++i, --left) {
        if (left == 0) {
            left = 8 + static_cast<uint32_t>(random() % 120);
            topic = static_cast<uint32_t>(random() % kTopics);
        }
        add_row(q, i, key_of, topic, s.d_k, factor);
        add_row(k, i, key_of, topic, s.d_k, factor);
        add_row(v, i, value_of, topic, s.d_v, 1);
    }
}

/// One key with a value far off, and queries that turn to it. In half of the cases it gets as much
/// weight as all others together, which whoever sees it notices by its weight; in the others its
/// weight is that of twenty, and its value as much further off.
void add_needle(const DataShape& s, double share, const Rows& k, Rows& q, Rows& v,
                std::mt19937_64& random) {
    const size_t needle = random() % s.tokens;
    const double score = std::log(random() % 2 == 0 ? s.tokens : 20);
    for (uint32_t c = 0; c < s.d_v; ++c) v[needle * s.d_v + c] += 3 * s.tokens / std::exp(score);
    std::bernoulli_distribution turns(share);
    for (uint32_t i = 0; i < s.tokens; ++i)
        if (turns(random))
            add_row(q, i, k, needle, s.d_k, score / (s.score_spread * std::sqrt(s.d_k)));
}

}  // namespace

const char* data_name(DataKind kind) {
    constexpr std::array<const char*, 4> kNames = {"gaussian", "peaked", "structured", "needle"};
    return kNames[static_cast<size_t>(kind)];
}

host::ReferenceProblem attention_data(DataKind kind, const DataShape& shape,
                                      std::mt19937_64& random) {
    constexpr double kMaxScore = 8;  // of 1,024 keys one with e^8 has three quarters of the weight
    Rows q = normal_rows(random, size_t{shape.tokens} * shape.d_k, 0, 1);
    Rows k = normal_rows(random, size_t{shape.tokens} * shape.d_k, 0, 1);
    Rows v = normal_rows(random, size_t{shape.tokens} * shape.d_v, 1, shape.value_spread);
    if (kind == DataKind::kPeaked) add_peaks(shape, kMaxScore * shape.strength, k, q, random);
    if (kind == DataKind::kStructured)
        add_topics(shape, kMaxScore * shape.strength, q, k, v, random);
    if (kind == DataKind::kNeedle) add_needle(shape, shape.strength, k, q, v, random);

    host::ReferenceProblem p;
    p.query_heads = p.kv_heads = 1;
    p.nq = p.nk = shape.tokens;
    p.d_k = shape.d_k;
    p.d_v = shape.d_v;
    p.scale = shape.score_spread / std::sqrt(shape.d_k);
    p.q = reader_of(std::move(q));
    p.k = reader_of(std::move(k));
    p.v = reader_of(std::move(v));
    return p;
}

}  // namespace tessera::test
