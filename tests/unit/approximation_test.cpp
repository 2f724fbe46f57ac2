// SPDX-License-Identifier: MIT
// Rules of approximate attention against brute force, and rows over selected tiles against a plain
// sum over keys.
#include <algorithm>
#include <cmath>
#include <set>

#include "host/approximation/row_partials.h"
#include "host/error.h"
#include "tests/support/compared.h"

using namespace tessera;
using host::Approximation;
using host::ApproximationShape;
using host::Rule;
using host::Selection;
using test::Compared;

namespace {

uint32_t between(std::mt19937_64& random, uint32_t low, uint32_t high) {
    return std::uniform_int_distribution<uint32_t>(low, high)(random);
}

/// A problem of one to six heads with its summaries; whatever its tokens, tiles are ragged mostly.
struct Case {
    ApproximationShape shape;
    Approximation approximation;
    std::vector<double> q, k;
    host::TileSummaries queries, keys;

    Case(std::mt19937_64& random, Rule rule) {
        shape.kv_heads = between(random, 1, 2);
        shape.query_heads = shape.kv_heads * between(random, 1, 3);
        shape.nk = between(random, 1, 90);
        shape.nq = rule == Rule::kSample ? between(random, 1, 90) : shape.nk;
        shape.d_k = between(random, 1, 5);
        shape.m = between(random, 1, 9);
        shape.causal = rule != Rule::kSample && random() % 2 == 0;
        const uint32_t least = rule == Rule::kHybrid ? 3 : 1;
        approximation = {rule, between(random, least, std::max(least, shape.key_tiles())),
                         random()};
        // Small whole numbers: their sums are exact, and many scores are equal.
        const auto draw = [&] { return static_cast<double>(between(random, 0, 4)) - 2; };
        q.resize(size_t{shape.query_heads} * shape.nq * shape.d_k);
        k.resize(size_t{shape.kv_heads} * shape.nk * shape.d_k);
        for (double& x : q) x = draw();
        for (double& x : k) x = draw();
        queries = summarise(q, shape.query_heads, shape.nq);
        keys = summarise(k, shape.kv_heads, shape.nk);
    }

    std::string text() const {
        return std::string(host::rule_name(approximation.rule)) + ", " + std::to_string(shape.nq) +
               " x " + std::to_string(shape.nk) + ", M = " + std::to_string(shape.m) + ", " +
               std::to_string(approximation.tiles) + " tiles, seed " +
               std::to_string(approximation.seed);
    }
    Selection select() const { return host::select_tiles(approximation, shape, queries, keys); }

  private:
    host::TileSummaries summarise(const std::vector<double>& rows, uint32_t heads,
                                  uint32_t tokens) const {
        const host::ElementReader reader = [&](size_t first, size_t count, double* out) {
            std::copy_n(rows.data() + first, count, out);
        };
        return host::summarise_tiles(reader, heads, tokens, shape.d_k, shape.m);
    }
};

/// The score of a pair of tiles, from the rows themselves.
double brute_score(const Case& c, Rule rule, uint32_t head, uint32_t tile, uint32_t other) {
    const ApproximationShape& s = c.shape;
    const uint32_t kv = head / (s.query_heads / s.kv_heads);
    double score = 0;
    for (uint32_t d = 0; d < s.d_k; ++d) {
        double mean = 0, sum = 0, low = 1e9, high = -1e9;
        const uint32_t rows = std::min(s.m, s.nq - tile * s.m);
        for (uint32_t i = 0; i < rows; ++i)
            mean += c.q[((size_t{head} * s.nq) + tile * s.m + i) * s.d_k + d] / rows;
        const uint32_t keys = std::min(s.m, s.nk - other * s.m);
        for (uint32_t j = 0; j < keys; ++j) {
            const double x = c.k[((size_t{kv} * s.nk) + other * s.m + j) * s.d_k + d];
            sum += x / keys;
            low = std::min(low, x);
            high = std::max(high, x);
        }
        score += rule == Rule::kTopkBound ? mean * (mean > 0 ? high : low) : mean * sum;
    }
    return score;
}

/// Tiles in front of `other` in the order of rule `rule`, among the `candidates` of `tile`.
uint32_t rank_of(const Case& c, uint32_t head, uint32_t tile, uint32_t other,
                 const std::vector<uint32_t>& candidates) {
    const Rule rule = c.approximation.rule;
    const auto key = [&](uint32_t x) {
        const bool near = rule != Rule::kTopkMean && rule != Rule::kTopkBound;
        if (near && (x == 0 || x + 1 == tile)) return std::pair(0, 0.0);
        if (rule == Rule::kSinkWindow)
            return std::pair(x < tile ? 1 : 2, std::fabs(1.0 * x - tile));
        return std::pair(1, -brute_score(c, rule, head, tile, x));
    };
    const auto own = std::pair(key(other), other);
    return static_cast<uint32_t>(
        std::count_if(candidates.begin(), candidates.end(),
                      [&](uint32_t x) { return std::pair(key(x), x) < own; }));
}

/// Checks the tiles of one query tile of a rule that is not `sample`.
void check_tile(const Case& c, const Selection& s, uint32_t head, uint32_t tile, Compared& pairs) {
    const uint32_t r = c.approximation.tiles;
    const uint32_t drawn = c.approximation.rule == Rule::kHybrid ? (r - 1) / 2 : 0;
    std::vector<uint32_t> others;
    for (uint32_t t = 0; t < c.shape.tiles_end(tile); ++t)
        if (t != tile) others.push_back(t);
    const bool all = others.size() <= r;
    uint32_t sampled = 0;
    for (uint32_t t = 0; t < s.key_tiles; ++t) {
        bool expected = t == tile;
        if (t != tile && t < c.shape.tiles_end(tile))
            expected = all || rank_of(c, head, tile, t, others) < r - drawn;
        pairs.equal(s.exact[s.at(head, tile, t)], expected ? 1 : 0, [&] { return c.text(); });
        if (s.sampled[s.at(head, tile, t)] == 0) continue;
        ++sampled;
        pairs.holds(!expected && t < c.shape.tiles_end(tile), [&] { return c.text(); });
    }
    pairs.equal(sampled, all ? 0 : drawn, [&] { return c.text(); });
    const double weight =
        sampled == 0 ? 1 : static_cast<double>(others.size() - (r - drawn)) / sampled;
    pairs.equal(s.weight[s.row(head, tile)], weight, [&] { return c.text(); });
}

void check_sample(const Case& c, const Selection& s, uint32_t head, uint32_t tile,
                  Compared& pairs) {
    const auto first = s.sampled.begin() + static_cast<ptrdiff_t>(s.at(head, tile, 0));
    pairs.equal(std::count(first, first + s.key_tiles, 1), c.approximation.tiles,
                [&] { return c.text(); });
    pairs.equal(s.weight[s.row(head, tile)],
                static_cast<double>(s.key_tiles) / c.approximation.tiles, [&] { return c.text(); });
}

/// Weight of a key in a row by its place in the list, 0: not seen.
double key_weight(const Case& c, const Selection& s, uint32_t head, uint32_t row, uint32_t place) {
    if (c.shape.causal && place > row) return 0;
    const uint32_t query_tile = row / c.shape.m, key_tile = place / c.shape.m;
    const size_t at = s.at(head, query_tile, key_tile);
    return s.exact[at] != 0 ? 1 : s.sampled[at] != 0 ? s.weight[s.row(head, query_tile)] : 0;
}

}  // namespace

TEST_CASE("rules choose what brute force chooses") {
    auto random = test::test_random();
    Compared pairs("tiles of selections"), totals("selections");
    for (const host::RuleInfo& info : host::approximation_rules())
        for (int n = 0; n < 150; ++n) {
            const Case c(random, info.rule);
            check_approximation(c.approximation, c.shape);
            const Selection s = c.select();
            for (uint32_t head = 0; head < s.heads; ++head)
                for (uint32_t tile = 0; tile < s.query_tiles; ++tile)
                    (info.rule == Rule::kSample ? check_sample : check_tile)(c, s, head, tile,
                                                                             pairs);
            totals.equal(s.pairs(), host::selected_pairs(c.approximation, c.shape),
                         [&] { return c.text(); });
            totals.equal(s.key_list.size(), info.rule == Rule::kSample ? c.shape.nk : 0u);
            const std::set<uint32_t> keys(s.key_list.begin(), s.key_list.end());
            totals.equal(keys.size(), s.key_list.size());
            totals.holds(keys.empty() || *keys.rbegin() == c.shape.nk - 1,
                         [&] { return c.text(); });
            const Selection again = c.select();
            totals.holds(again.exact == s.exact && again.sampled == s.sampled &&
                             again.key_list == s.key_list,
                         [&] { return c.text() + " again"; });
        }
}

TEST_CASE("every tile and key is drawn equally often") {
    constexpr uint32_t kSeeds = 4000, kTiles = 16, kM = 2;
    Compared places("frequencies");
    const ApproximationShape shape = {1, 1, kTiles * kM, kTiles * kM, 1, kM};
    const host::TileSummaries none = host::summarise_tiles(
        [](size_t, size_t count, double* out) { std::fill_n(out, count, 0.0); }, 1, shape.nk, 1,
        kM);
    std::vector<uint32_t> key_first(shape.nk), tile_sampled(kTiles), tile_drawn(kTiles);
    const uint64_t first = test::test_seed() * kSeeds;
    for (uint64_t seed = first; seed < first + kSeeds; ++seed) {
        const Selection s = host::select_tiles({Rule::kSample, 4, seed}, shape, none, none);
        ++key_first[s.key_list[0]];
        const Selection h = host::select_tiles({Rule::kHybrid, 5, seed}, shape, none, none);
        for (uint32_t t = 0; t < kTiles; ++t) {
            tile_sampled[t] += s.sampled[s.at(0, 3, t)];
            tile_drawn[t] += h.sampled[h.at(0, 8, t)];
        }
    }
    // Five standard deviations of a binomial count.
    const auto check = [&](uint32_t count, double p) {
        places.holds(std::fabs(count - kSeeds * p) <= 5 * std::sqrt(kSeeds * p * (1 - p)),
                     [&] { return std::to_string(count); });
    };
    for (const uint32_t count : key_first) check(count, 1.0 / shape.nk);
    for (uint32_t t = 0; t < kTiles; ++t) {
        check(tile_sampled[t], 4.0 / kTiles);
        // Tile 8 sees itself, 0, 7 and, of equal scores, 1; two of the other twelve are drawn.
        const bool exact = t <= 1 || t == 7 || t == 8;
        if (exact)
            places.equal(tile_drawn[t], 0u);
        else
            check(tile_drawn[t], 2.0 / 12);
    }
}

TEST_CASE("rows over selected tiles are weighted sums over keys") {
    auto random = test::test_random();
    Compared numbers("numbers");
    constexpr uint32_t kDimV = 3;
    for (const host::RuleInfo& info : host::approximation_rules())
        for (int n = 0; n < 20; ++n) {
            const Case c(random, info.rule);
            const ApproximationShape& s = c.shape;
            std::vector<double> v(size_t{s.kv_heads} * s.nk * kDimV);
            for (double& x : v) x = std::normal_distribution<double>()(random);
            const auto reader = [](const std::vector<double>& rows) {
                return [&rows](size_t first, size_t count, double* out) {
                    std::copy_n(rows.data() + first, count, out);
                };
            };
            host::ReferenceProblem p = {s.query_heads, s.kv_heads,  s.nq,     s.nk,
                                        s.d_k,         kDimV,       0.7,      {},
                                        reader(c.q),   reader(c.k), reader(v)};
            if (s.causal)
                p.visible = [](uint32_t, uint32_t row, std::vector<host::KeyRange>& ranges) {
                    ranges = {{0, row + 1}};
                };
            const host::ReferenceResult exact = host::reference_attention(p);
            const Selection selection = c.select();
            const auto near = [&](double a, double b) {
                numbers.holds(std::fabs(a - b) <= 1e-9 * std::max(1.0, std::fabs(b)), [&] {
                    return c.text() + ": " + std::to_string(a) + " for " + std::to_string(b);
                });
            };
            for (uint32_t head = 0; head < s.query_heads; ++head) {
                const uint32_t kv = head / (s.query_heads / s.kv_heads);
                const host::RowSource source(p, kv, s.m, s.causal, selection.key_list);
                for (uint32_t row = 0; row < s.nq; ++row) {
                    const host::RowPartials partials = source.row(head, row);
                    const host::SelectedRow whole = host::exact_row(partials);
                    const size_t at = size_t{head} * s.nq + row;
                    near(whole.lse, exact.lse[at]);
                    for (uint32_t d = 0; d < kDimV; ++d) near(whole.o[d], exact.o[at * kDimV + d]);
                    CHECK(whole.complete);

                    const host::SelectedRow seen =
                        host::selected_row(partials, selection, head, row / s.m);
                    double sum = 0, squares = 0, o[kDimV] = {};
                    std::vector<double> shares(s.key_tiles());
                    bool complete = true;
                    for (uint32_t j = 0; j < s.nk; ++j) {
                        const double weight = key_weight(c, selection, head, row, j);
                        if (weight != 1 && !(s.causal && j > row)) complete = false;
                        const uint32_t key = selection.key_list.empty() ? j : selection.key_list[j];
                        double score = 0;
                        for (uint32_t d = 0; d < s.d_k; ++d)
                            score += 0.7 * c.q[at * s.d_k + d] *
                                     c.k[((size_t{kv} * s.nk) + key) * s.d_k + d];
                        const double w = weight * std::exp(score);
                        sum += w;
                        squares += w * w;
                        shares[j / s.m] += w;
                        for (uint32_t d = 0; d < kDimV; ++d)
                            o[d] += w * v[((size_t{kv} * s.nk) + key) * kDimV + d];
                    }
                    for (uint32_t d = 0; d < kDimV; ++d) near(seen.o[d], o[d] / sum);
                    near(seen.lse, std::log(sum));
                    near(seen.effective_samples, sum * sum / squares);
                    near(seen.largest_share, *std::max_element(shares.begin(), shares.end()) / sum);
                    numbers.equal(seen.complete, complete, [&] { return c.text(); });
                }
            }
        }
}

TEST_CASE("what a selection costs, by hand") {
    Compared figures("figures");
    // 2 query heads on one key/value head, 5 tokens in tiles of 2, dimension 3, causal: 3 pairs of
    // tiles off the diagonal.
    const ApproximationShape shape = {2, 1, 5, 5, 3, 2, true};
    for (const Rule rule : {Rule::kTopkMean, Rule::kHybrid}) {
        const host::SelectionCost mean = host::selection_cost(rule, shape);
        figures.equal(mean.elements_read, 45u);
        figures.equal(mean.element_steps, 45u);
        figures.equal(mean.summary_elements, 27u);
        figures.equal(mean.multiply_adds, 18u);
    }
    const host::SelectionCost bound = host::selection_cost(Rule::kTopkBound, shape);
    figures.equal(bound.elements_read, 45u);
    figures.equal(bound.element_steps, 60u);
    figures.equal(bound.summary_elements, 36u);
    figures.equal(bound.multiply_adds, 36u);
    for (const Rule rule : {Rule::kSample, Rule::kSinkWindow})
        figures.equal(host::selection_cost(rule, shape).elements_read, 0u);
}

TEST_CASE("approximations that cannot be are refused by name") {
    Compared messages("messages");
    const ApproximationShape dense = {1, 1, 100, 100, 8, 10};
    ApproximationShape causal = dense, decoding = dense;
    causal.causal = true;
    decoding.nq = 1;
    const auto refused = [&](const Approximation& a, const ApproximationShape& shape,
                             const char* with) {
        std::string message;
        try {
            host::check_approximation(a, shape);
        } catch (const host::UserError& error) {
            message = error.what();
        }
        messages.holds(message.find(with) != std::string::npos, [&] { return message; });
    };
    refused({Rule::kSample, 4}, causal, "--approximate: sample");
    refused({Rule::kSample, 4}, causal, "hybrid");
    refused({Rule::kTopkMean, 4}, decoding, "--approximate: topk-mean");
    refused({Rule::kSample, 0}, dense, "--tiles is 0; allowed: 1 to 10 ");
    refused({Rule::kSample, 11}, dense, "--tiles is 11; allowed: 1 to 10 ");
    refused({Rule::kHybrid, 2}, dense, "--tiles is 2; allowed: 3 to 10 ");
    refused({Rule::kHybrid, 4, 1, 0.0}, dense, "--tolerance is 0; allowed: more than 0, at most 1");
    refused({Rule::kHybrid, 4, 1, 1.5}, dense, "--tolerance is 1.5; allowed");
    refused({Rule::kHybrid, 4, 1, std::nan("")}, dense, "--tolerance is nan; allowed");
    host::check_approximation({Rule::kSample, 10}, decoding);
    host::check_approximation({Rule::kHybrid, 3}, causal);
}
