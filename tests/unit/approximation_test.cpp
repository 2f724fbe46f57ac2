// SPDX-License-Identifier: MIT
// Rules of approximate attention against brute force.
#include <algorithm>
#include <cmath>
#include <set>

#include "host/error.h"
#include "tests/support/compared.h"
#include "tests/unit/approximation_case.h"

using namespace tessera;
using host::Approximation;
using host::ApproximationShape;
using host::Rule;
using host::Selection;
using test::ApproximationCase;
using test::Compared;

namespace {

/// The score of a pair of tiles, from the rows themselves.
double brute_score(const ApproximationCase& c, Rule rule, uint32_t head, uint32_t tile,
                   uint32_t other) {
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
uint32_t rank_of(const ApproximationCase& c, uint32_t head, uint32_t tile, uint32_t other,
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
void check_tile(const ApproximationCase& c, const Selection& s, uint32_t head, uint32_t tile,
                Compared& pairs) {
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

void check_sample(const ApproximationCase& c, const Selection& s, uint32_t head, uint32_t tile,
                  Compared& pairs) {
    const auto first = s.sampled.begin() + static_cast<ptrdiff_t>(s.at(head, tile, 0));
    pairs.equal(std::count(first, first + s.key_tiles, 1), c.approximation.tiles,
                [&] { return c.text(); });
    pairs.equal(s.weight[s.row(head, tile)],
                static_cast<double>(s.key_tiles) / c.approximation.tiles, [&] { return c.text(); });
}

}  // namespace

TEST_CASE("rules choose what brute force chooses") {
    auto random = test::test_random();
    Compared pairs("tiles of selections"), totals("selections");
    for (const host::RuleInfo& info : host::approximation_rules())
        for (int n = 0; n < 150; ++n) {
            const ApproximationCase c(random, info.rule);
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
    refused({Rule::kSample, 4}, causal, "schedule.approximation.rule: sample");
    refused({Rule::kSample, 4}, causal, "hybrid");
    refused({Rule::kTopkMean, 4}, decoding, "schedule.approximation.rule: topk-mean");
    refused({Rule::kSample, 0}, dense, "schedule.approximation.tiles is 0; allowed: 1 to 10 ");
    refused({Rule::kSample, 11}, dense, "schedule.approximation.tiles is 11; allowed: 1 to 10 ");
    refused({Rule::kHybrid, 2}, dense, "schedule.approximation.tiles is 2; allowed: 3 to 10 ");
    refused({Rule::kHybrid, 4, 1, 0.0}, dense,
            "schedule.approximation.tolerance is 0; allowed: more than 0, at most 1");
    refused({Rule::kHybrid, 4, 1, 1.5}, dense, "schedule.approximation.tolerance is 1.5; allowed");
    refused({Rule::kHybrid, 4, 1, std::nan("")}, dense,
            "schedule.approximation.tolerance is nan; allowed");
    host::check_approximation({Rule::kSample, 10}, decoding);
    host::check_approximation({Rule::kHybrid, 3}, causal);
}
