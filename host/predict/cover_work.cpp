// SPDX-License-Identifier: MIT
#include "host/predict/cover_work.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/cover/cover.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

Cover cover_of(const Problem& p, uint32_t m, CoverKind kind) { return *plan_cover(p.nq, m, kind); }

/// Bytes of the rows that calls move.
struct RowBytes {
    RowBytes(const Problem& p, const spec::DeviceParams& d) {
        const auto padded = [&](uint64_t bytes) { return uint64_t{d.beats(bytes)} * d.bus_bytes; };
        key = padded(2 * uint64_t{p.d_k});
        wide_key = padded(4 * uint64_t{p.d_k});
        value = padded(2 * uint64_t{p.d_v});
        state = d.bus_bytes + padded(4 * uint64_t{p.d_v});
        output = padded((p.bf16_output ? 2 : 4) * uint64_t{p.d_v}) + (p.want_lse ? d.bus_bytes : 0);
    }
    uint64_t key, wide_key, value, state, output;
};

/// Of a query head. On profile `stats` the states of all visits are stored and firmware writes o.
DeviceKindCost cost_of(const Cover& cover, const Problem& p, const spec::DeviceParams& d) {
    const RowBytes row(p, d);
    uint64_t rows = 0, pairs = 0;
    for (const auto& lines : cover.classes)
        for (const Line& line : lines) {
            const uint64_t n = cover.line_tokens(line);
            rows += n;
            pairs += n * n;
        }
    const bool merged = d.profile == spec::Profile::kStats && cover.calls() > 1;
    DeviceKindCost cost;
    cost.calls = cover.calls();
    cost.macs = pairs * (uint64_t{p.d_k} + p.d_v);
    cost.bytes = rows * (2 * row.key + row.value) +
                 (merged ? rows * row.state : 2 * (rows - p.nq) * row.state + p.nq * row.output);
    cost.formula = cover.formula;
    return cost;
}

/// Pairs of tiles of M queries and M keys, of a query head.
DeviceKindCost tiles_cost(const Problem& p, const spec::DeviceParams& d, bool doubled) {
    const RowBytes row(p, d);
    const uint64_t n = p.nq, m = d.m, tiles = spec::divide_up(n, m);
    uint64_t pairs = 0, keys = 0, results = 0;  // of all calls
    for (uint64_t t = 0; t < tiles; ++t) {
        const uint64_t rows = std::min(m, n - t * m);
        const uint64_t seen = p.mask.causal ? std::min(n, (t + 1) * m) : n;
        const uint64_t calls = spec::divide_up(seen, m);
        const bool merged = d.profile == spec::Profile::kStats && calls > 1;
        pairs += rows * seen;
        keys += seen;
        results += merged ? rows * calls * row.state : rows * row.output;
    }
    DeviceKindCost cost;
    cost.calls = p.mask.causal ? tiles * (tiles + 1) / 2 : tiles * tiles;
    cost.formula = p.mask.causal ? "T (T + 1)/2, T = ceil(N/M)" : "T^2, T = ceil(N/M)";
    cost.macs = pairs * ((doubled ? 2 : 1) * uint64_t{p.d_k} + p.d_v);
    // A row of doubled width has a query and a key: each call reads it for both, whatever it
    // reuses.
    cost.bytes = doubled ? keys * (2 * row.wide_key + row.value) + results
                         : n * row.key + keys * (row.key + row.value) + results;
    return cost;
}

}  // namespace

WorkFormula cover_work(const Problem& p, uint32_t m) {
    const Cover cover = cover_of(p, m, *p.cover);
    const uint64_t n = p.nq, heads = p.query_heads, square = uint64_t{m} * m;
    WorkFormula work;
    const uint64_t allowed = p.mask.causal ? n * (n + 1) / 2 : n * n;
    for (const auto& lines : cover.classes)
        for (const Line& line : lines) {
            work.rows_issued += cover.line_tokens(line);
            work.pairs_issued += uint64_t{cover.line_tokens(line)} * cover.line_tokens(line);
        }
    work.calls = heads * cover.calls();
    work.rows_issued *= heads;
    work.pairs_issued *= heads;
    work.pairs_allowed = heads * allowed;
    work.calls_at_least = p.kv_heads * spec::divide_up(p.group() * allowed, square);
    return work;
}

std::string cover_formula_text(const Problem& p, uint32_t m) {
    const Cover cover = cover_of(p, m, *p.cover);
    const std::string text = fmt::format("heads * lines of {}: {}", cover.name, cover.formula);
    if (cover.calls() == cover.lines_of_design) return text;
    return text + fmt::format(" = {}, of which {} have tokens that meet nowhere else",
                              cover.lines_of_design, cover.calls());
}

std::string cover_name(const Problem& p, uint32_t m) { return cover_of(p, m, *p.cover).name; }

std::vector<DeviceKindCost> device_kind_costs(const Problem& p, const spec::DeviceParams& d) {
    std::vector<DeviceKindCost> costs = {cost_of(cover_of(p, d.m, *p.cover), p, d)};
    if (const auto half = plan_cover(p.nq, d.m, CoverKind::kHalf))
        costs.push_back(cost_of(*half, p, d));
    costs.push_back(tiles_cost(p, d, true));
    costs.push_back(tiles_cost(p, d, false));
    const char* const kNames[][2] = {{"cover", "this cover"},
                                     {"half_tiles", "half-tiles"},
                                     {"doubled_width", "twice the width"},
                                     {"query_key", "query x key tiles"}};
    const size_t missing = 4 - costs.size();  // no half-tiles
    for (size_t i = 0; i < costs.size(); ++i) {
        const auto& [key, name] = kNames[i == 0 ? 0 : i + missing];
        costs[i].key = key;
        costs[i].name = name;
        costs[i].calls *= p.query_heads;
        costs[i].macs *= p.query_heads;
        costs[i].bytes *= p.query_heads;
    }
    return costs;
}

uint64_t cover_bound(const Problem& p, uint32_t m) {
    return p.query_heads * schoenheim_bound(p.nq, m);
}

}  // namespace tessera::host
