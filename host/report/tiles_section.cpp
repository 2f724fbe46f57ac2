// SPDX-License-Identifier: MIT
// Which pairs of tiles the device computes, and how many pairs of each the mask allows. Worked out
// from the keys that each query sees, without firmware's planner.
#include "host/report/tiles_section.h"

#include <algorithm>
#include <string>
#include <vector>

#include "host/predict/visited_keys.h"
#include "spec/integers.h"
#include "spec/latency.h"

namespace tessera::host {
namespace {

constexpr uint64_t kMaxPairsOfRanges = uint64_t{1} << 24;  ///< rows * key tiles that are looked at
constexpr size_t kMaxRuns = 8192;

/// Why there is no map; empty if there is one.
std::string without_map(const Problem& p, uint32_t m) {
    if (p.cover) return "calls of a cover attend within sets of tokens, not pairs of tiles";
    if (p.row_causal) return "an oracle that is always causal meets pairs of tiles twice";
    if (p.strided()) return "tiles of schedule strided overlap";
    if (p.sequences().size() != 1) return "a batch has a map for each sequence";
    if (p.mask.summary != 0) return "summary tokens are gathered from many tiles";
    if (p.sentinel.given()) return "a black box gives a key of each tile to its sentinel";
    const CallList list(p, m);
    const uint64_t stacks = list.uniform() ? 1 : list.stacks();
    if (stacks * list.query_tiles() * m * spec::divide_up(p.nk, m) > kMaxPairsOfRanges)
        return "there are too many tiles";
    return {};
}

/// Allowed pairs of every key tile with one query tile. A tile without any is not computed, but
/// for the first of a query tile that has none at all.
std::vector<uint64_t> allowed_pairs(const Problem& p, uint32_t m, uint32_t stack, uint32_t tile) {
    const uint32_t heads = p.stacked ? p.group() : 1;
    const uint32_t rows = std::min(m, heads * p.nq - tile * m);
    std::vector<uint64_t> pairs(spec::divide_up(p.nk, m));
    std::vector<int64_t> whole(pairs.size() + 1);  // ranges that begin or end to cover whole tiles
    std::vector<KeyRange> ranges;
    for (uint32_t i = 0; i < rows; ++i) {
        const uint32_t row = tile * m + i;
        p.visible_keys(m, stack * heads + row / p.nq, row % p.nq, ranges);
        for (const KeyRange& range : ranges) {
            const uint32_t first = range.begin / m, last = (range.end - 1) / m;
            if (first == last) {
                pairs[first] += range.end - range.begin;
                continue;
            }
            pairs[first] += (first + 1) * m - range.begin;
            pairs[last] += range.end - last * m;
            ++whole[first + 1];
            --whole[last];
        }
    }
    int64_t covering = 0;
    for (size_t t = 0; t < pairs.size(); ++t)
        pairs[t] += static_cast<uint64_t>(covering += whole[t]) * m;
    return pairs;
}

/// Runs of neighbours with equal pairs and cost.
void add_runs(const RunRecord& record, uint32_t stack, uint32_t tile, Table& runs) {
    const Problem& p = record.problem;
    const spec::DeviceParams& params = record.config.platform.params;
    const uint32_t m = params.m;
    const std::vector<uint64_t> pairs = allowed_pairs(p, m, stack, tile);
    const bool none = std::all_of(pairs.begin(), pairs.end(), [](uint64_t n) { return n == 0; });
    VisitedKeys visited(p, params);
    visited.begin(stack, tile);
    uint32_t last = 0;
    for (uint32_t key = 0; key < pairs.size(); ++key) {
        if (pairs[key] == 0 && !(none && key == 0)) continue;
        const uint32_t keys = std::min(m, p.nk - key * m);
        uint64_t cycles = 0;
        for (uint32_t g = 0; g < visited.groups(); ++g)
            cycles += spec::group_cycles(params, visited.keys_of_tile(g, key, keys));
        auto* before = runs.rows.empty() ? nullptr : &runs.rows.back();
        const bool same = before != nullptr && (*before)[0] == FigureValue(uint64_t{stack}) &&
                          (*before)[1] == FigureValue(uint64_t{tile}) && last + 1 == key &&
                          (*before)[4] == FigureValue(pairs[key]) &&
                          (*before)[5] == FigureValue(cycles);
        if (same)
            (*before)[3] = std::get<uint64_t>((*before)[3]) + 1;
        else
            runs.rows.push_back(
                {uint64_t{stack}, uint64_t{tile}, uint64_t{key}, uint64_t{1}, pairs[key], cycles});
        last = key;
    }
}

}  // namespace

Section tiles_section(const RunRecord& record) {
    const Problem& p = record.problem;
    const uint32_t m = record.config.platform.params.m;
    std::string reason = without_map(p, m);
    Table runs{"runs",
               {{"head"},
                {"query_tile"},
                {"key_tile"},
                {"tiles"},
                {"pairs_allowed", "pair"},
                {"score_cycles", "cycle"}},
               {}};
    if (!reason.empty()) return {"tiles", {fact("reason", reason)}};
    const CallList list(p, m);
    for (uint32_t stack = 0; stack < (list.uniform() ? 1 : list.stacks()); ++stack)
        for (uint32_t tile = 0; tile < list.query_tiles() && runs.rows.size() <= kMaxRuns; ++tile)
            add_runs(record, stack, tile, runs);
    if (runs.rows.size() > kMaxRuns)
        return {"tiles", {fact("reason", "neighbouring tiles differ too often")}};
    return {
        "tiles",
        {fact("reason", nullptr), fact("heads", list.stacks()), fact("heads_equal", list.uniform()),
         fact("unit_words", p.stacked ? "stacks of heads" : "heads"), fact("tile_tokens", m),
         fact("query_rows", (p.stacked ? p.group() : 1) * p.nq), fact("key_tokens", p.nk),
         fact("query_tiles", list.query_tiles()), fact("key_tiles", spec::divide_up(p.nk, m)),
         runs}};
}

}  // namespace tessera::host
