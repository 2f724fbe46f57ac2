// SPDX-License-Identifier: MIT
// Random problems for the rules of approximate attention.
#pragma once
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "host/approximation/selection.h"

namespace tessera::test {

/// A problem of one to six heads with its summaries; whatever its tokens, tiles are ragged mostly.
struct ApproximationCase {
    host::ApproximationShape shape;
    host::Approximation approximation;
    std::vector<double> q, k;
    host::TileSummaries queries, keys;

    ApproximationCase(std::mt19937_64& random, host::Rule rule) {
        const auto between = [&](uint32_t low, uint32_t high) {
            return std::uniform_int_distribution<uint32_t>(low, high)(random);
        };
        shape.kv_heads = between(1, 2);
        shape.query_heads = shape.kv_heads * between(1, 3);
        shape.nk = between(1, 90);
        shape.nq = rule == host::Rule::kSample ? between(1, 90) : shape.nk;
        shape.d_k = between(1, 5);
        shape.m = between(1, 9);
        shape.causal = rule != host::Rule::kSample && random() % 2 == 0;
        const uint32_t least = rule == host::Rule::kHybrid ? 3 : 1;
        approximation = {rule, between(least, std::max(least, shape.key_tiles())), random()};
        // Small whole numbers: many scores are equal.
        const auto draw = [&] { return static_cast<double>(between(0, 4)) - 2; };
        q.resize(size_t{shape.query_heads} * shape.nq * shape.d_k);
        k.resize(size_t{shape.kv_heads} * shape.nk * shape.d_k);
        for (double& x : q) x = draw();
        for (double& x : k) x = draw();
        queries = host::summarise_tiles(reader(q), shape.query_heads, shape.nq, shape.d_k, shape.m);
        keys = host::summarise_tiles(reader(k), shape.kv_heads, shape.nk, shape.d_k, shape.m);
    }

    std::string text() const {
        return std::string(host::rule_name(approximation.rule)) + ", " + std::to_string(shape.nq) +
               " x " + std::to_string(shape.nk) + ", M = " + std::to_string(shape.m) + ", " +
               std::to_string(approximation.tiles) + " tiles, seed " +
               std::to_string(approximation.seed);
    }
    host::Selection select() const {
        return host::select_tiles(approximation, shape, queries, keys);
    }

    /// Of an array that outlives it.
    static host::ElementReader reader(const std::vector<double>& rows) {
        return [&rows](size_t first, size_t count, double* out) {
            std::copy_n(rows.data() + first, count, out);
        };
    }
};

}  // namespace tessera::test
