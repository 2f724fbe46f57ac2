// SPDX-License-Identifier: MIT
// Rows over selected tiles against plain sums over keys, and over all of them against the double
// reference.
#include <algorithm>
#include <cmath>
#include <limits>

#include "host/approximation/row_partials.h"
#include "tests/support/compared.h"
#include "tests/unit/approximation_case.h"

using namespace tessera;
using host::Selection;
using test::ApproximationCase;
using test::Compared;

namespace {

constexpr uint32_t kDimV = 3;
constexpr double kScale = 0.7;

/// Weight of a key in a row by its place in the list, 0: not seen.
double key_weight(const ApproximationCase& c, const Selection& s, uint32_t head, uint32_t row,
                  uint32_t place) {
    if (c.shape.causal && place > row) return 0;
    const uint32_t query_tile = row / c.shape.m, key_tile = place / c.shape.m;
    const size_t at = s.at(head, query_tile, key_tile);
    return s.exact[at] != 0 ? 1 : s.sampled[at] != 0 ? s.weight[s.row(head, query_tile)] : 0;
}

/// Row `row` of `head`, key by key.
host::SelectedRow brute_row(const ApproximationCase& c, const std::vector<double>& v,
                            const Selection& s, uint32_t head, uint32_t row) {
    const host::ApproximationShape& shape = c.shape;
    const size_t kv = head / (shape.query_heads / shape.kv_heads);
    host::SelectedRow result;
    result.o.resize(kDimV);
    result.complete = true;
    std::vector<double> tiles(shape.key_tiles());
    double sum = 0, squares = 0;
    for (uint32_t j = 0; j < shape.nk; ++j) {
        const double weight = key_weight(c, s, head, row, j);
        if (weight != 1 && !(shape.causal && j > row)) result.complete = false;
        const size_t key = kv * shape.nk + (s.key_list.empty() ? j : s.key_list[j]);
        double score = 0;
        for (uint32_t d = 0; d < shape.d_k; ++d)
            score += kScale * c.q[(size_t{head} * shape.nq + row) * shape.d_k + d] *
                     c.k[key * shape.d_k + d];
        const double w = weight * std::exp(score);
        sum += w;
        squares += w * w;
        tiles[j / shape.m] += w;
        for (uint32_t d = 0; d < kDimV; ++d) result.o[d] += w * v[key * kDimV + d];
    }
    for (double& x : result.o) x /= sum;
    result.lse = std::log(sum);
    result.effective_samples = sum * sum / squares;
    result.largest_share = *std::max_element(tiles.begin(), tiles.end()) / sum;
    return result;
}

void check_case(const ApproximationCase& c, const std::vector<double>& v, Compared& numbers) {
    const host::ApproximationShape& s = c.shape;
    host::ReferenceProblem p = {s.query_heads, s.kv_heads,    s.nq,       s.nk,
                                s.d_k,         kDimV,         kScale,     {},
                                c.reader(c.q), c.reader(c.k), c.reader(v)};
    if (s.causal)
        p.visible = [](uint32_t, uint32_t row, std::vector<host::KeyRange>& ranges) {
            ranges = {{0, row + 1}};
        };
    const host::ReferenceResult reference = host::reference_attention(p);
    const Selection selection = c.select();
    const auto near = [&](double a, double b) {
        numbers.holds(std::fabs(a - b) <= 1e-9 * std::max(1.0, std::fabs(b)), [&] {
            return c.text() + ": " + std::to_string(a) + " for " + std::to_string(b);
        });
    };
    for (uint32_t head = 0; head < s.query_heads; ++head) {
        const host::RowSource source(p, head / (s.query_heads / s.kv_heads), s.m, s.causal,
                                     selection.key_list);
        for (uint32_t row = 0; row < s.nq; ++row) {
            const size_t at = size_t{head} * s.nq + row;
            const host::RowPartials partials = source.row(head, row);
            const host::SelectedRow exact = host::exact_row(partials);
            near(exact.lse, reference.lse[at]);
            numbers.holds(exact.complete, [&] { return c.text(); });
            const auto seen = host::selected_row(partials, selection, head, row / s.m);
            const host::SelectedRow expected = brute_row(c, v, selection, head, row);
            for (uint32_t d = 0; d < kDimV; ++d) {
                near(exact.o[d], reference.o[at * kDimV + d]);
                near(seen.o[d], expected.o[d]);
            }
            near(seen.lse, expected.lse);
            near(seen.effective_samples, expected.effective_samples);
            near(seen.largest_share, expected.largest_share);
            numbers.equal(seen.complete, expected.complete, [&] { return c.text(); });
        }
    }
}

}  // namespace

TEST_CASE("rows over selected tiles are weighted sums over keys") {
    auto random = test::test_random();
    Compared numbers("numbers");
    std::normal_distribution<double> normal;
    for (const host::RuleInfo& info : host::approximation_rules())
        for (int n = 0; n < 20; ++n) {
            const ApproximationCase c(random, info.rule);
            std::vector<double> v(size_t{c.shape.kv_heads} * c.shape.nk * kDimV);
            for (double& x : v) x = normal(random);
            check_case(c, v, numbers);
        }
}

TEST_CASE("tiles whose scores are far apart do not hide each other") {
    Compared numbers("numbers");
    // Keys of score 2000, 0 and -2000, in tiles of one.
    const std::vector<double> q = {1, 1, 1}, k = {2000, 0, -2000}, v = {5, 6, 7};
    const auto reader = ApproximationCase::reader;
    const host::ReferenceProblem p = {1, 1, 3, 3, 1, 1, 1.0, {}, reader(q), reader(k), reader(v)};
    const host::RowPartials partials = host::RowSource(p, 0, 1, false, {}).row(0, 0);
    Selection s;
    s.heads = s.query_tiles = 1;
    s.key_tiles = 3;
    s.weight = {4};
    for (uint32_t seen = 0; seen < 3; ++seen) {
        s.exact.assign(3, 0);
        s.sampled.assign(3, 0);
        s.sampled[seen] = 1;
        const host::SelectedRow row = host::selected_row(partials, s, 0, 0);
        numbers.equal(row.o[0], v[seen]);
        numbers.equal(row.lse, k[seen] + std::log(4));
        numbers.equal(row.effective_samples, 1.0);
        numbers.equal(row.largest_share, 1.0);
    }
    s.sampled.assign(3, 0);
    const host::SelectedRow nothing = host::selected_row(partials, s, 0, 0);
    numbers.equal(nothing.o[0], 0.0);
    numbers.equal(nothing.lse, -std::numeric_limits<double>::infinity());
    numbers.holds(!nothing.complete, [] { return "complete"; });
}
