// SPDX-License-Identifier: MIT
#include "host/predict/formulas.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "firmware/merge/sentinel.h"
#include "host/predict/call_list.h"
#include "host/predict/cover_work.h"
#include "host/predict/row_causal_work.h"
#include "host/problem/strided.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

/// Sum of clamp(first + i, low, high) over 0 <= i < count, low <= high.
uint64_t clamped_sum(int64_t count, int64_t first, int64_t low, int64_t high) {
    const int64_t below = std::clamp<int64_t>(low - first, 0, count);
    const int64_t above = std::clamp<int64_t>(high - first, below, count);
    const int64_t ramp = above - below;
    const int64_t ramp_ends = 2 * first + below + above - 1;
    return static_cast<uint64_t>(below * low + ramp * ramp_ends / 2 + (count - above) * high);
}

/// Calls of one head by the formulas of docs/contract/schedules.md, section 3, and the formula in
/// words. No text: the mask has none in closed form.
struct ClosedCalls {
    uint64_t calls = 0;
    std::string text;
};

ClosedCalls causal_calls(const Problem& p, int64_t m) {
    const int64_t tiles = spec::divide_up(p.nk, m), full = p.nq / m;
    const int64_t prefix = std::min(p.mask.prefix, p.nk);
    const int64_t least =
        std::max<int64_t>(1, spec::divide_up(prefix, m));  // tiles of every query tile
    uint64_t calls = clamped_sum(full, 1 + spec::divide_up(p.diagonal(), m), least, tiles);
    if (p.nq % m != 0)
        calls += static_cast<uint64_t>(
            std::clamp<int64_t>(spec::divide_up(p.nq + p.diagonal(), m), least, tiles));
    if (prefix != 0)
        return {calls,
                "heads * sum over query tiles of clamp(ceil((last query + diagonal + 1)/M), "
                "ceil(P/M), ceil(nk/M))"};
    if (p.nq == p.nk) return {calls, "heads * T * (T+1) / 2, T = ceil(N/M)"};
    return {calls,
            "heads * sum over query tiles of clamp(ceil((last query + diagonal + 1)/M), 1, "
            "ceil(nk/M))"};
}

/// Causal with a window, sinks or both, as many queries as keys.
ClosedCalls window_calls(const Problem& p, int64_t m) {
    const int64_t t = spec::divide_up(p.nk, m);
    const int64_t sink_tiles = spec::divide_up(p.mask.sinks, m);
    if (p.mask.window == 0)
        return {clamped_sum(t, 1, 1, std::max<int64_t>(1, sink_tiles)),
                "heads * sum over query tiles t = 1..T of min(t, ceil(s/M)), T = ceil(N/M)"};
    const int64_t reach = spec::divide_up(int64_t{p.mask.window} - 1, m);
    const int64_t c = std::min(reach, t - 1);
    const uint64_t window = static_cast<uint64_t>(t * (1 + c) - c * (c + 1) / 2);
    const char* text = "heads * (T(1+c) - c(c+1)/2), T = ceil(N/M), c = min(ceil((W-1)/M), T-1)";
    if (sink_tiles == 0) return {window, text};
    const uint64_t sinks = clamped_sum(t, -reach, 0, sink_tiles);
    return {window + sinks,
            sink_tiles == 1
                ? "heads * (T(1+c) - c(c+1)/2 + max(0, T-1-ceil((W-1)/M))), T = ceil(N/M), "
                  "c = min(ceil((W-1)/M), T-1)"
                : "heads * (T(1+c) - c(c+1)/2 + sum over t < T of clamp(t - ceil((W-1)/M), 0, "
                  "ceil(s/M))), T = ceil(N/M), c = min(ceil((W-1)/M), T-1)"};
}

/// A query tile has so few rows that all that they see is one key tile.
ClosedCalls strided_calls(const Problem& p, int64_t m) {
    return {static_cast<uint64_t>(spec::divide_up(p.nq, strided_rows(p, static_cast<uint32_t>(m)))),
            p.sentinel.given() ? "heads * ceil(nq/(M-1 - W + 1 - s))"
                               : "heads * ceil(nq/(M - W + 1 - s))"};
}

/// Summaries of blocks that are whole parts of a tile, as many queries as keys: each tile sees its
/// own, and before tile t there are c t M/B summaries.
ClosedCalls sparse_calls(const Problem& p, int64_t m) {
    const int64_t tiles = spec::divide_up(p.nk, m);
    int64_t calls = tiles;
    for (int64_t t = 0; t < tiles; ++t) calls += spec::divide_up(t * p.mask.summary, p.mask.block);
    return {static_cast<uint64_t>(calls),
            "heads * (T + sum over t < T of ceil(c t / B)), T = ceil(N/M)"};
}

ClosedCalls closed_calls(const Problem& p, int64_t m) {
    const AttentionMask& mask = p.mask;
    const int64_t keys = p.tile_keys(static_cast<uint32_t>(m));
    const auto only = [&](uint32_t terms) { return (mask.terms() & ~terms) == 0; };
    if (p.stacked || !mask.documents.empty() || mask.tiles.given()) return {};
    if (p.strided()) return strided_calls(p, m);
    if (only(spec::kMaskPrefix))
        return {
            static_cast<uint64_t>(spec::divide_up(p.nq, m) * spec::divide_up(p.nk, keys)),
            keys == m ? "heads * ceil(nq/M) * ceil(nk/M)" : "heads * ceil(nq/M) * ceil(nk/(M-1))"};
    if (!mask.causal || keys != m) return {};
    if (only(spec::kMaskCausal | spec::kMaskPrefix)) return causal_calls(p, m);
    if (p.nq != p.nk) return {};
    if (only(spec::kMaskCausal | spec::kMaskWindow | spec::kMaskSink)) return window_calls(p, m);
    const bool sparse = only(spec::kMaskCausal | spec::kMaskBlock | spec::kMaskSummary) &&
                        mask.summary != 0 && m % mask.block == 0;
    return sparse ? sparse_calls(p, m) : ClosedCalls();
}

/// What the other masks take, in words.
std::string counted_text(const Problem& p) {
    if (p.mask.tiles.given())
        return "sum over query tiles of the flagged key tiles that the mask does not rule out, at "
               "least 1";
    if (p.mask.summary != 0)
        return fmt::format(
            "sum over query tiles of the key tiles from that with the first key of its first block "
            "on + ceil(summaries before those / {})",
            p.sentinel.given() ? "(M-1)" : "M");
    return "sum over query tiles of the key tiles with a key that some query sees, at least 1";
}

/// Of one sequence, or of a batch whose sequences are alike.
WorkFormula formula_of_one(const Problem& problem, uint32_t m) {
    if (problem.cover) return cover_work(problem, m);
    if (problem.row_causal) return row_causal_work(problem, m);
    const CallList list(problem, m);
    const uint64_t square = uint64_t{m} * m;
    const uint32_t together = list.stacks() / problem.kv_heads;  // stacks of a key/value head
    WorkFormula f;
    // Where all stacks are alike, those of one key/value head tell of the others, and one of them
    // of the rest.
    const uint32_t kv_heads = list.uniform() ? 1 : problem.kv_heads;
    const uint32_t stacks = list.uniform() ? 1 : together;
    for (uint32_t kv = 0; kv < kv_heads; ++kv) {
        WorkFormula head;
        for (uint32_t stack = kv * together; stack < kv * together + stacks; ++stack)
            for (uint32_t t = 0; t < list.query_tiles(); ++t) {
                const QueryTileWork tile = list.work(stack, t);
                head.calls += tile.calls;
                head.rows_issued += tile.rows * tile.calls;
                head.pairs_issued += tile.rows * tile.keys;
                head.pairs_allowed += tile.pairs_allowed;
            }
        const uint64_t alike = together / stacks;
        f.calls += head.calls * alike;
        f.pairs_issued += head.pairs_issued * alike;
        f.rows_issued += head.rows_issued * alike;
        f.pairs_allowed += head.pairs_allowed * alike;
        f.calls_at_least += spec::divide_up(head.pairs_allowed * alike, square);
    }
    const uint64_t alike = problem.kv_heads / kv_heads;
    f.calls *= alike;
    f.pairs_issued *= alike;
    f.rows_issued *= alike;
    f.pairs_allowed *= alike;
    f.calls_at_least *= alike;
    const ClosedCalls closed = closed_calls(problem, m);
    if (!closed.text.empty()) f.calls = closed.calls * problem.query_heads;
    f.calls *= fw::sentinel_passes(problem.sentinel.form);
    return f;
}

std::string text_of_one(const Problem& problem, uint32_t m) {
    if (problem.cover) return cover_formula_text(problem, m);
    if (problem.row_causal) return row_causal_formula_text(problem);
    const ClosedCalls closed = closed_calls(problem, m);
    const std::string text = closed.text.empty() ? counted_text(problem) : closed.text;
    return fw::sentinel_passes(problem.sentinel.form) == 2 ? "2 * (" + text + ")" : text;
}

CompulsoryBytes bytes_of_one(const Problem& p, uint32_t m) {
    const CallList list(p, m);
    uint64_t keys = 0;
    for (uint32_t kv = 0; kv < (list.uniform() ? 1 : p.kv_heads); ++kv) keys += list.keys_seen(kv);
    if (list.uniform()) keys *= p.kv_heads;
    const uint64_t rows = uint64_t{p.query_heads} * p.nq;
    return {rows * p.d_k * 2, keys * p.d_k * 2, keys * p.d_v * 2,
            rows * p.d_v * (p.bf16_output ? 2 : 4)};
}

}  // namespace

WorkFormula work_formula(const Problem& problem, uint32_t m) {
    WorkFormula all;
    for (const Problem& sequence : problem.sequences()) {
        const WorkFormula one = formula_of_one(sequence, m);
        all.calls += one.calls;
        all.calls_at_least += one.calls_at_least;
        all.pairs_issued += one.pairs_issued;
        all.rows_issued += one.rows_issued;
        all.pairs_allowed += one.pairs_allowed;
    }
    return all;
}

std::string calls_formula_text(const Problem& problem, uint32_t m) {
    std::vector<std::string> texts;  // one, unless some have as many queries as keys
    for (const Problem& sequence : problem.sequences()) {
        const std::string text = text_of_one(sequence, m);
        if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
    }
    std::string all = problem.ragged() ? "sum over sequences, each with its own lengths, of: " : "";
    for (size_t i = 0; i < texts.size(); ++i) all += (i == 0 ? "" : "; or: ") + texts[i];
    return all;
}

CompulsoryBytes compulsory_bytes(const Problem& problem, uint32_t m) {
    CompulsoryBytes all;
    for (const Problem& sequence : problem.sequences()) {
        const CompulsoryBytes one = bytes_of_one(sequence, m);
        all.q += one.q;
        all.k += one.k;
        all.v += one.v;
        all.o += one.o;
    }
    return all;
}

uint64_t on_chip_elements(const spec::DeviceParams& params) {
    const uint64_t operands = uint64_t{3} * params.m * params.d;
    const uint64_t states = uint64_t{params.m} * (uint64_t{params.d} + 2);  // and m, l of a row
    return spec::kBanks * (operands + states);
}

namespace {

std::optional<double> io_bound_of_one(const Problem& p, uint64_t on_chip) {
    const AttentionMask& mask = p.mask;
    const bool every_pair = !mask.positional() && mask.documents.empty() && !mask.tiles.given();
    if (!every_pair || p.nq != p.nk || p.d_k != p.d_v || p.group() != 1) return std::nullopt;
    const double n = p.nq, d = p.d_k, s = static_cast<double>(on_chip);
    const double head = s >= d * d ? n * n * d * d / s : n * n * d / std::sqrt(s);
    return p.query_heads * head;
}

}  // namespace

std::optional<double> io_bound_elements(const Problem& problem, uint64_t on_chip) {
    double all = 0;
    for (const Problem& sequence : problem.sequences()) {
        const std::optional<double> one = io_bound_of_one(sequence, on_chip);
        if (!one) return std::nullopt;
        all += *one;
    }
    return all;
}

}  // namespace tessera::host
