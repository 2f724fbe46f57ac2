// SPDX-License-Identifier: MIT
#include "host/problem/mask.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/error.h"
#include "host/problem/mask_terms.h"
#include "host/problem/problem.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

/// Adds key rows [low, high) as far as they lie in [0, end).
void add(int64_t low, int64_t high, int64_t end, std::vector<KeyRange>& ranges) {
    low = std::clamp<int64_t>(low, 0, end);
    high = std::clamp<int64_t>(high, 0, end);
    if (low < high) ranges.push_back({static_cast<uint32_t>(low), static_cast<uint32_t>(high)});
}

/// Keeps what is in flagged key tiles.
void keep_flagged(const TileFlags& tiles, uint32_t m, uint32_t head, uint32_t row,
                  std::vector<KeyRange>& ranges) {
    const uint64_t first =
        ((tiles.heads == 1 ? 0 : head) * tiles.query_tiles + row / m) * tiles.key_tiles;
    std::vector<KeyRange> kept;
    for (const KeyRange& range : ranges)
        for (uint32_t tile = range.begin / m; uint64_t{tile} * m < range.end; ++tile)
            if (tiles.flags[first + tile] != 0)
                kept.push_back(
                    {std::max(range.begin, tile * m), static_cast<uint32_t>(std::min<uint64_t>(
                                                          range.end, (uint64_t{tile} + 1) * m))});
    ranges.swap(kept);
}

void check_documents(const Problem& p) {
    const AttentionMask& mask = p.mask;
    if (p.nq != p.nk)
        throw bad_field("workload.mask.documents",
                        fmt::format("given for {} queries and {} keys", p.nq, p.nk),
                        "as many queries as keys");
    for (size_t i = 0; i < mask.documents.size(); ++i) {
        const uint32_t start = mask.documents[i];
        const bool good = i == 0 ? start == 0 : start > mask.documents[i - 1] && start < p.nk;
        if (!good)
            throw bad_field(
                "workload.mask.documents", fmt::format("{} at place {}", start, i + 1),
                fmt::format("first tokens of documents: 0, then ascending and below {}, "
                            "the number of tokens",
                            p.nk));
    }
}

void check_tiles(const Problem& p, uint32_t m) {
    const TileFlags& t = p.mask.tiles;
    const uint64_t q = spec::divide_up(uint64_t{p.nq}, m), k = spec::divide_up(uint64_t{p.nk}, m);
    if (t.query_tiles == q && t.key_tiles == k && (t.heads == 1 || t.heads == p.query_heads))
        return;
    throw UserError(
        fmt::format("`workload.mask.tile_flags`: {} has {} heads of {} x {} flags; allowed: [{}, "
                    "{}] or [{}, {}, "
                    "{}], a flag for each pair of {} query and key tokens (M)",
                    t.source, t.heads, t.query_tiles, t.key_tiles, q, k, p.query_heads, q, k, m));
}

/// A prefix belongs to a whole sequence, not to tiles that flags rule out.
void check_prefix(const Problem& p) {
    const AttentionMask& mask = p.mask;
    if (mask.prefix == 0) return;
    const std::string given = std::to_string(mask.prefix);
    if (mask.prefix > p.nk)
        throw bad_field("workload.mask.prefix", given,
                        fmt::format("1 to {}, the number of keys", p.nk));
    if (!mask.causal)
        throw bad_field("workload.mask.prefix", given,
                        "only with `workload.mask.kind=causal`; with `workload.mask.kind=dense` "
                        "every query sees those keys anyway");
    if (mask.tiles.given())
        throw bad_field(
            "workload.mask.prefix", given,
            "only without `workload.mask.tile_flags`, whose flags say which tiles meet");
}

/// Queries before key 0 take whole blocks of the device's positions.
void check_block_positions(const Problem& p) {
    for (const Problem& one : p.sequences())
        if (uint64_t{one.k_position()} + one.nk > spec::kPositionLimit)
            throw bad_field(
                "workload.mask.block",
                fmt::format("{} for {} queries and {} keys", p.mask.block, one.nq, one.nk),
                fmt::format("a smaller power of two; queries before key 0 take whole "
                            "blocks of the device's {} positions",
                            spec::kPositionLimit));
}

void check_blocks(const Problem& p) {
    const AttentionMask& mask = p.mask;
    if (mask.block != 0 && (mask.block & (mask.block - 1)) != 0)
        throw bad_field("workload.mask.block", std::to_string(mask.block), "a power of two");
    if (mask.block != 0) check_block_positions(p);
    if (mask.summary == 0) return;
    if (mask.summary > mask.block)
        throw bad_field("workload.mask.summary", std::to_string(mask.summary),
                        mask.block == 0 ? "only with `workload.mask.block` B, then 1 to B"
                                        : fmt::format("1 to `workload.mask.block={}`", mask.block));
    if (!mask.causal || mask.window != 0 || mask.sinks != 0 || mask.prefix != 0)
        throw bad_field("workload.mask.summary", std::to_string(mask.summary),
                        "only with `workload.mask.kind=causal` and without `workload.mask.window`, "
                        "`workload.mask.sinks` and `workload.mask.prefix`");
}

/// Heads may be stacked only where all rows of a tile can be served alike.
void check_stacking(const Problem& p) {
    if (p.mask.tiles.given())
        throw bad_field(
            "schedule.stack_heads", "given with `workload.mask.tile_flags`",
            "one of the two: a flag is for a tile of one head, but a stacked tile has rows "
            "of several heads");
    if (!p.stackable())
        throw bad_field(
            "schedule.stack_heads",
            "given with `workload.mask.summary` and more than one query token",
            "one query token: with more, a stacked tile may have rows of two heads, and all "
            "of them would see the summaries loaded for it");
}

}  // namespace

int64_t block_begin(int64_t position, uint32_t block) {
    const int64_t in_block = position % block;
    return position - (in_block < 0 ? in_block + block : in_block);
}

uint32_t sparse_block(uint32_t tokens) {
    uint32_t block = 1;
    while (uint64_t{4} * block * block <= tokens) block *= 2;
    return block;
}

void check_mask(const Problem& p, uint32_t m) {
    const AttentionMask& mask = p.mask;
    const bool local = mask.local();
    if (mask.sinks > p.nk)
        throw bad_field("workload.mask.sinks", std::to_string(mask.sinks),
                        fmt::format("1 to {}, the number of keys", p.nk));
    check_prefix(p);
    check_blocks(p);
    if (mask.tiles.given() && (local || !mask.documents.empty()))
        throw bad_field(
            "workload.mask.tile_flags", mask.tiles.source,
            "only without `workload.mask.window`, `workload.mask.sinks`, `workload.mask.block` and "
            "`workload.mask.documents`; `workload.mask.kind=causal` is "
            "possible");
    if (!mask.documents.empty()) check_documents(p);
    if (mask.tiles.given()) check_tiles(p, m);
    if (p.stacked) check_stacking(p);
}

void divide_documents(Problem& p) {
    AttentionMask& mask = p.mask;
    const bool looks_back = (mask.terms() & ~uint32_t{spec::kMaskCausal}) != 0;
    // A cover, tile flags and a batch with lengths refuse documents by themselves.
    if (mask.documents.empty() || !looks_back || p.cover || mask.tiles.given() || p.ragged())
        return;
    check_documents(p);
    p.query_offsets.swap(mask.documents);
    p.query_offsets.push_back(p.nq);
    p.key_offsets = p.query_offsets;
}

uint32_t AttentionMask::terms() const {
    uint32_t flags = causal ? uint32_t{spec::kMaskCausal} : 0;
    for (const MaskTerm& term : mask_terms())
        if (this->*term.tokens != 0) flags |= term.flag;
    return flags;
}

std::string AttentionMask::text() const {
    std::string text = causal ? "causal" : "dense";
    for (const MaskTerm& term : mask_terms())
        if (this->*term.tokens != 0) text += fmt::format(", {} {}", term.name, this->*term.tokens);
    if (!documents.empty()) text += fmt::format(", {} documents", documents.size());
    if (tiles.given()) text += fmt::format(", tiles of {}", printable(tiles.source));
    return text;
}

void Problem::visible_keys(uint32_t m, uint32_t head, uint32_t row,
                           std::vector<KeyRange>& ranges) const {
    ranges.clear();
    const int64_t at = int64_t{row} + diagonal();  // the key at the query's position
    const int64_t end = mask.causal ? std::clamp<int64_t>(at + 1, 0, nk) : nk;
    if (!mask.local()) add(0, end, end, ranges);
    if (mask.prefix != 0) add(0, mask.prefix, nk, ranges);
    if (mask.sinks != 0) add(0, mask.sinks, end, ranges);
    if (mask.block != 0) {
        const int64_t block = mask.block, own = block_begin(at, mask.block);
        const int64_t earlier = mask.summary == 0 ? 0 : std::min(own, end);
        for (int64_t begin = 0; begin < earlier; begin += block)
            add(begin + block - mask.summary, begin + block, end, ranges);
        add(own, own + block, end, ranges);
    }
    if (mask.window != 0) add(at - mask.window + 1, at + mask.window, end, ranges);
    if (!mask.documents.empty()) {
        const auto next = std::upper_bound(mask.documents.begin(), mask.documents.end(), row);
        const uint32_t last = next == mask.documents.end() ? nk : *next;
        ranges.clear();
        add(*(next - 1), last, end, ranges);
    }
    if (mask.tiles.given()) keep_flagged(mask.tiles, m, head, row, ranges);
    join(ranges);
}

spec::Mask Problem::device_mask() const {
    spec::Mask device;
    device.flags = mask.terms();
    device.window = mask.window;
    const auto from_key_0 = [&](uint32_t keys) {
        return keys == 0 ? 0 : k_position() + std::min(keys, nk);
    };
    device.sinks = from_key_0(mask.sinks);
    device.prefix = from_key_0(mask.prefix);
    device.block = mask.block;
    device.summary = mask.summary;
    return device;
}

}  // namespace tessera::host
