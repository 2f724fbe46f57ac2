// SPDX-License-Identifier: MIT
// Which keys of a tile a lane group visits: the smallest range with every key that one of its rows
// may see, as far as descriptors tell. docs/contract/device.md, section 4.
#pragma once
#include <stdint.h>

#include "spec/command.h"
#include "spec/latency.h"
#include "spec/mask.h"

namespace tessera::spec {

/// Rows [first, first + count) of a key tile.
struct KeyRange {
    uint32_t first = 0, count = 0;

    friend constexpr bool operator==(const KeyRange& a, const KeyRange& b) {
        return a.first == b.first && a.count == b.count;
    }
};

/// What dispatch remembers of the loads into an operand bank: rows [0, rows) are at the positions
/// origin, origin + 1, ...; where the others are is not known.
struct BankPositions {
    uint32_t origin = 0, rows = 0;

    /// Ends what is known at its first row. Its own rows are known, too, if they go on from there.
    constexpr void loaded(const Command& c) {
        if (c.first_row == 0) origin = c.position;
        const bool follows =
            !c.has(kFlagGather) && c.first_row <= rows && c.position == origin + c.first_row;
        const uint32_t kept = c.first_row < rows ? c.first_row : rows;
        rows = follows ? c.first_row + c.rows : kept;
    }
    friend constexpr bool operator==(const BankPositions& a, const BankPositions& b) {
        return a.origin == b.origin && a.rows == b.rows;
    }
};

/// Positions of row 0 of the Q and the K bank of an ATTEND; others follow one by one if `known`.
struct TilePositions {
    bool known = false;
    uint32_t q = 0, k = 0;

    friend constexpr bool operator==(const TilePositions& a, const TilePositions& b) {
        return a.known == b.known && a.q == b.q && a.k == b.k;
    }
};

/// The positions in all Q and K banks, command by command.
struct PositionMemory {
    BankPositions q[kBanks], k[kBanks];

    constexpr void dispatched(const Command& c) {
        if (c.opcode == Opcode::kLoadQ) q[c.q_bank].loaded(c);
        if (c.opcode == Opcode::kLoadK) k[c.k_bank].loaded(c);
    }
    /// Of an ATTEND.
    constexpr TilePositions of(const Command& c) const {
        const BankPositions &queries = q[c.q_bank], &keys = k[c.k_bank];
        return {queries.rows >= c.rows && keys.rows >= c.keys, queries.origin, keys.origin};
    }
    friend constexpr bool operator==(const PositionMemory& a, const PositionMemory& b) {
        for (uint32_t i = 0; i < kBanks; ++i)
            if (!(a.q[i] == b.q[i] && a.k[i] == b.k[i])) return false;
        return true;
    }
};

namespace detail {

/// The smallest range of `keys` tile rows, the first of them at position `k`, that holds some
/// intervals of positions.
struct KeyHull {
    int64_t k, keys;
    int64_t first = keys, end = 0;

    constexpr int64_t row_at(int64_t position) const {
        const int64_t row = position - k;
        return row < 0 ? 0 : row > keys ? keys : row;
    }
    /// Positions [begin, past).
    constexpr void add(int64_t begin, int64_t past) {
        const int64_t from = row_at(begin), to = row_at(past);
        if (from >= to) return;
        first = from < first ? from : first;
        end = to > end ? to : end;
    }
};

}  // namespace detail

/// The keys that rows [first_row, first_row + rows) of a Q bank may see, of `keys` in the K bank:
/// count 0 if none. SUMMARY hides nothing here, and with DIAG_OFF, or if positions are not known,
/// all keys may be seen.
constexpr KeyRange seen_keys(const Mask& mask, const TilePositions& tile, uint32_t first_row,
                             uint32_t rows, uint32_t keys) {
    const auto given = [&](uint32_t flags) { return (mask.flags & flags) != 0; };
    if (!tile.known || given(kMaskDiagOff)) return {0, keys};
    const int64_t no_limit = int64_t{1} << 33;
    const int64_t low = int64_t{tile.q} + first_row, high = low + rows - 1;  // queries
    const int64_t in_block = int64_t{mask.block} - 1;
    const int64_t limit = given(kMaskCausal) ? high + 1 : no_limit;
    const auto below = [&](int64_t past) { return past < limit ? past : limit; };
    detail::KeyHull hull{tile.k, keys};
    if (!given(kMaskLocal) || given(kMaskSummary)) hull.add(0, limit);
    if (given(kMaskWindow)) hull.add(low - mask.window + 1, below(high + mask.window));
    if (given(kMaskSink)) hull.add(0, below(mask.sinks));
    if (given(kMaskBlock)) hull.add(low & ~in_block, below((high | in_block) + 1));
    if (given(kMaskPrefix)) hull.add(0, mask.prefix);
    if (given(kMaskFree)) hull.add(int64_t{tile.k} + mask.free_from, no_limit);
    if (hull.first >= hull.end) return {0, 0};
    return {static_cast<uint32_t>(hull.first), static_cast<uint32_t>(hull.end - hull.first)};
}

/// The keys that they visit: those, or key 0, which is masked then.
constexpr KeyRange key_range(const Mask& mask, const TilePositions& tile, uint32_t first_row,
                             uint32_t rows, uint32_t keys) {
    const KeyRange seen = seen_keys(mask, tile, first_row, rows, keys);
    return seen.count == 0 ? KeyRange{0, 1} : seen;
}

/// The keys that lane group `group` of an ATTEND visits.
constexpr KeyRange group_keys(const DeviceParams& p, const Command& c, const TilePositions& tile,
                              uint32_t group) {
    if (!p.key_ranges) return {0, c.keys};
    const uint32_t first_row = group * p.group_rows();
    const uint32_t left = c.rows - first_row;
    const uint32_t rows = left < p.group_rows() ? left : p.group_rows();
    return key_range(c.mask, tile, first_row, rows, c.keys);
}

/// Keys for which the group takes room in the score buffer: those that it visits, or M on a device
/// without ranges of keys.
constexpr uint32_t group_room(const DeviceParams& p, const Command& c, const TilePositions& tile,
                              uint32_t group) {
    return p.key_ranges ? group_keys(p, c, tile, group).count : p.m;
}

/// Which scores must have been read before a group's may be written: those of the group `back`
/// groups before it, up to its key `keys` (below 0: so many keys before its first).
struct ScoreRead {
    uint32_t back = 0;
    int64_t keys = 0;
};

/// `room[i]`: of the group i groups before, 0 if there is none. Its entries follow each other in a
/// ring of 2 * M, so the last that the group overwrites decides.
constexpr ScoreRead score_read(const DeviceParams& p,
                               const uint32_t (&room)[kScoreLaneGroups + 1]) {
    const int64_t ring = int64_t{2} * p.m;
    int64_t between = room[1];  // from the group of `back` to this one
    for (uint32_t back = 2; back < kScoreLaneGroups; ++back) {
        between += room[back];
        if (between + room[0] > ring) return {back, between - ring};
    }
    between += room[kScoreLaneGroups];
    return {kScoreLaneGroups, between > ring ? between - ring : 0};
}

}  // namespace tessera::spec
