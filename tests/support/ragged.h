// SPDX-License-Identifier: MIT
// Random ragged batches, and which rows of the tensors each sequence has: from what lengths,
// padding and offsets mean, without what `host/workload` makes of them.
#pragma once
#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "host/problem/problem.h"

namespace tessera::test {

/// A sequence's rows in its entry of the batch. There may be none.
struct OwnRows {
    uint32_t entry = 0;
    uint32_t first_query = 0, queries = 0;
    uint32_t first_key = 0, keys = 0;

    bool has_work() const { return queries != 0 && keys != 0; }
};

inline std::vector<OwnRows> own_rows(const host::Problem& p) {
    std::vector<OwnRows> all;
    const bool left = p.padding == host::Padding::kLeft;
    for (uint32_t entry = 0; entry < p.batch; ++entry) {
        for (size_t s = 1; s < p.query_offsets.size(); ++s) {
            const uint32_t q = p.query_offsets[s - 1], k = p.key_offsets[s - 1];
            all.push_back({entry, q, p.query_offsets[s] - q, k, p.key_offsets[s] - k});
        }
        if (!p.query_offsets.empty()) continue;
        const uint32_t queries = p.query_lengths.empty() ? p.nq : p.query_lengths[entry];
        const uint32_t keys = p.key_lengths.empty() ? p.nk : p.key_lengths[entry];
        all.push_back({entry, left ? p.nq - queries : 0, queries, left ? p.nk - keys : 0, keys});
    }
    return all;
}

/// The sequence that row `row` of an entry's queries (or keys) belongs to, or -1: padding.
inline int owner(const std::vector<OwnRows>& all, uint32_t entry, uint32_t row, bool keys) {
    for (size_t s = 0; s < all.size(); ++s) {
        const uint32_t first = keys ? all[s].first_key : all[s].first_query;
        const uint32_t count = keys ? all[s].keys : all[s].queries;
        if (all[s].entry == entry && row >= first && row - first < count)
            return static_cast<int>(s);
    }
    return -1;
}

/// Gives `p`, which has its batch and tokens, lengths with padding on either side, or offsets of
/// packed sequences; some sequences are empty, but not all.
inline void make_ragged(std::mt19937_64& random, host::Problem& p) {
    const auto below = [&](uint64_t n) { return static_cast<uint32_t>(random() % n); };
    const auto lengths = [&](uint32_t most) {
        std::vector<uint32_t> list(p.batch);
        for (uint32_t& length : list) length = below(8) == 0 ? 0 : 1 + below(most);
        list[below(p.batch)] = most;
        return list;
    };
    const auto offsets = [&](uint32_t tokens, size_t sequences) {
        std::vector<uint32_t> list(sequences + 1);
        for (size_t s = 1; s < list.size(); ++s) list[s] = below(uint64_t{tokens} + 1);
        std::sort(list.begin(), list.end());
        return list;
    };
    for (bool work = false; !work;) {
        p.query_lengths.clear();
        p.key_lengths.clear();
        p.query_offsets.clear();
        p.key_offsets.clear();
        p.padding = below(2) == 0 ? host::Padding::kRight : host::Padding::kLeft;
        if (below(3) == 0) {
            const size_t sequences = 1 + below(5);
            p.padding = host::Padding::kRight;
            p.query_offsets = offsets(p.nq, sequences);
            p.key_offsets =
                p.nq == p.nk && below(2) == 0 ? p.query_offsets : offsets(p.nk, sequences);
        } else {
            if (below(4) != 0) p.key_lengths = lengths(p.nk);
            if (p.key_lengths.empty() || below(2) == 0) p.query_lengths = lengths(p.nq);
        }
        for (const OwnRows& own : own_rows(p)) work = work || own.has_work();
    }
}

}  // namespace tessera::test
