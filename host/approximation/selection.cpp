// SPDX-License-Identifier: MIT
#include "host/approximation/selection.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "host/approximation/draw.h"

namespace tessera::host {
namespace {

/// Of the tiles of `hybrid`, those that are drawn: half of what the first and the previous leave.
uint32_t drawn_tiles(const Approximation& approximation) {
    return approximation.rule == Rule::kHybrid ? (approximation.tiles - 1) / 2 : 0;
}

/// What a query tile may get from a key tile. Only the order matters, so scores are not scaled.
/// With means it is the mean score of their pairs. With bounds it is the most that any key of the
/// tile can give the mean query: each product is largest at one end of the key tile's interval. NaN
/// and infinities come first: what is odd is seen.
double tile_score(Rule rule, const double* query, const TileSummaries& keys, size_t key) {
    double score = 0;
    for (uint32_t c = 0; c < keys.dim; ++c)
        score += rule == Rule::kTopkBound
                     ? std::max(query[c] * keys.low[key + c], query[c] * keys.high[key + c])
                     : query[c] * keys.mean[key + c];
    return std::isnan(score) ? std::numeric_limits<double>::infinity() : score;
}

class Selector {
  public:
    Selector(const Approximation& approximation, const ApproximationShape& shape,
             const TileSummaries& queries, const TileSummaries& keys)
        : a_(approximation),
          shape_(shape),
          queries_(queries),
          keys_(keys),
          random_(draw_generator(approximation.seed, DrawStream::kSelection)) {
        s_.heads = shape.query_heads;
        s_.query_tiles = shape.query_tiles();
        s_.key_tiles = shape.key_tiles();
        s_.weight.assign(size_t{s_.heads} * s_.query_tiles, 1.0);
        s_.exact.assign(s_.weight.size() * s_.key_tiles, 0);
        s_.sampled = s_.exact;
    }

    Selection select() {
        if (a_.rule == Rule::kSample) {
            s_.key_list.resize(shape_.nk);
            std::iota(s_.key_list.begin(), s_.key_list.end(), 0u);
            draw_to_front(random_, s_.key_list, s_.key_list.size());
        }
        for (uint32_t head = 0; head < s_.heads; ++head)
            for (uint32_t tile = 0; tile < s_.query_tiles; ++tile) {
                if (a_.rule == Rule::kSample) {
                    std::vector<uint32_t> all(s_.key_tiles);
                    std::iota(all.begin(), all.end(), 0u);
                    draw(head, tile, std::move(all), a_.tiles);
                } else {
                    choose(head, tile);
                }
            }
        return std::move(s_);
    }

  private:
    /// The own tile, the first of the others in order of preference, and of the rest some by lot.
    void choose(uint32_t head, uint32_t tile) {
        s_.exact[s_.at(head, tile, tile)] = 1;
        std::vector<uint32_t> others = by_preference(head, tile);
        const bool all = others.size() <= a_.tiles;
        const size_t chosen = all ? others.size() : a_.tiles - drawn_tiles(a_);
        for (size_t i = 0; i < chosen; ++i) s_.exact[s_.at(head, tile, others[i])] = 1;
        others.erase(others.begin(), others.begin() + static_cast<ptrdiff_t>(chosen));
        if (!all) draw(head, tile, std::move(others), drawn_tiles(a_));
    }

    /// `count` of `tiles`, without replacement; they stand for all of them.
    void draw(uint32_t head, uint32_t tile, std::vector<uint32_t> tiles, uint32_t count) {
        if (count == 0) return;
        s_.weight[s_.row(head, tile)] = static_cast<double>(tiles.size()) / count;
        draw_to_front(random_, tiles, count);
        for (uint32_t i = 0; i < count; ++i) s_.sampled[s_.at(head, tile, tiles[i])] = 1;
    }

    /// The key tiles beside the own one that query tile `tile` may see, the one wanted most first.
    std::vector<uint32_t> by_preference(uint32_t head, uint32_t tile) const {
        std::vector<uint32_t> others;
        std::vector<double> rank(s_.key_tiles);
        for (uint32_t other = 0; other < shape_.tiles_end(tile); ++other) {
            if (other == tile) continue;
            others.push_back(other);
            rank[other] = preference(head, tile, other);
        }
        std::stable_sort(others.begin(), others.end(),
                         [&](uint32_t a, uint32_t b) { return rank[a] > rank[b]; });
        return others;
    }

    double preference(uint32_t head, uint32_t tile, uint32_t other) const {
        constexpr double kFirst = std::numeric_limits<double>::infinity();
        const bool near = a_.rule == Rule::kSinkWindow;
        if ((near || a_.rule == Rule::kHybrid) && (other == 0 || other + 1 == tile)) return kFirst;
        // Earlier ones from the own tile backwards, then, for a query that sees them, later ones.
        if (near) return other < tile ? other : -1.0 * other;
        const double* query = queries_.mean.data() + queries_.at(head, tile);
        const uint32_t group = shape_.query_heads / shape_.kv_heads;
        return tile_score(a_.rule, query, keys_, keys_.at(head / group, other));
    }

    const Approximation& a_;
    const ApproximationShape& shape_;
    const TileSummaries& queries_;
    const TileSummaries& keys_;
    std::mt19937_64 random_;
    Selection s_;
};

bool any(const std::vector<uint8_t>& flags) {
    return std::find(flags.begin(), flags.end(), 1) != flags.end();
}

}  // namespace

bool Selection::has_exact() const { return any(exact); }
bool Selection::has_sampled() const { return any(sampled); }

uint64_t Selection::pairs() const {
    return static_cast<uint64_t>(std::count(exact.begin(), exact.end(), 1) +
                                 std::count(sampled.begin(), sampled.end(), 1));
}

bool needs_summaries(Rule rule) { return rule != Rule::kSample && rule != Rule::kSinkWindow; }

Selection select_tiles(const Approximation& approximation, const ApproximationShape& shape,
                       const TileSummaries& queries, const TileSummaries& keys) {
    return Selector(approximation, shape, queries, keys).select();
}

SelectionCost selection_cost(Rule rule, const ApproximationShape& shape) {
    SelectionCost cost;
    if (!needs_summaries(rule)) return cost;
    const uint64_t q_elements = uint64_t{shape.query_heads} * shape.nq * shape.d_k;
    const uint64_t k_elements = uint64_t{shape.kv_heads} * shape.nk * shape.d_k;
    const uint64_t per_key = rule == Rule::kTopkBound ? 2 : 1;  // two bounds, or a mean
    cost.elements_read = q_elements + k_elements;
    cost.element_steps = q_elements + per_key * k_elements;
    cost.summary_elements = (uint64_t{shape.query_heads} * shape.query_tiles() +
                             per_key * shape.kv_heads * shape.key_tiles()) *
                            shape.d_k;
    uint64_t pairs = 0;  // the own tile is seen anyway
    for (uint32_t t = 0; t < shape.query_tiles(); ++t) pairs += shape.tiles_end(t) - 1;
    cost.multiply_adds = uint64_t{shape.query_heads} * pairs * per_key * shape.d_k;
    return cost;
}

uint64_t selected_pairs(const Approximation& approximation, const ApproximationShape& shape) {
    const uint64_t wanted =
        approximation.rule == Rule::kSample ? approximation.tiles : approximation.tiles + 1;
    uint64_t pairs = 0;
    for (uint32_t t = 0; t < shape.query_tiles(); ++t)
        pairs += std::min<uint64_t>(wanted, shape.tiles_end(t));
    return pairs * shape.query_heads;
}

}  // namespace tessera::host
