// SPDX-License-Identifier: MIT
// Runs of keys: what a query sees, however odd its mask.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

namespace tessera::host {

/// Keys [begin, end), each of which stands for `weight` keys.
struct KeyRange {
    uint32_t begin = 0, end = 0;
    double weight = 1;
};

/// Keys in disjoint ranges.
inline uint64_t key_count(const std::vector<KeyRange>& ranges) {
    uint64_t keys = 0;
    for (const KeyRange& range : ranges) keys += range.end - range.begin;
    return keys;
}

/// Makes ranges ascending and disjoint: those that touch become one, empty ones none. Weights are
/// not looked at.
inline void join(std::vector<KeyRange>& ranges) {
    const auto earlier = [](const KeyRange& a, const KeyRange& b) { return a.begin < b.begin; };
    if (!std::is_sorted(ranges.begin(), ranges.end(), earlier))
        std::sort(ranges.begin(), ranges.end(), earlier);
    size_t joined = 0;  // those in front are done
    for (const KeyRange range : ranges) {
        if (range.begin >= range.end) continue;
        if (joined != 0 && range.begin <= ranges[joined - 1].end)
            ranges[joined - 1].end = std::max(ranges[joined - 1].end, range.end);
        else
            ranges[joined++] = range;
    }
    ranges.resize(joined);
}

}  // namespace tessera::host
