// SPDX-License-Identifier: MIT
#include "host/model/head_sets.h"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::host {
namespace {

bool contains(const std::vector<uint32_t>& heads, uint32_t head) {
    return std::binary_search(heads.begin(), heads.end(), head);
}

/// The longest run of equal steps from the first of `heads`, which ascend.
HeadSet longest_from_first(const std::vector<uint32_t>& heads) {
    HeadSet longest{heads.front(), 1, 1, {}};
    for (size_t i = 1; i < heads.size(); ++i) {
        HeadSet set{heads.front(), heads[i] - heads.front(), 1, {}};
        while (contains(heads, set.first + set.count * set.step)) ++set.count;
        if (set.count > longest.count) longest = set;
    }
    return longest;
}

/// Those that may be one job with head `first`.
std::vector<uint32_t> alike(const std::vector<HeadSettings>& heads, const std::vector<bool>& done,
                            uint32_t first, uint32_t sharing) {
    std::vector<uint32_t> found;
    for (uint32_t head = first; head < heads.size(); ++head) {
        const bool apart = sharing > 1 && head / sharing != first / sharing;
        if (!done[head] && !apart && heads[head] == heads[first]) found.push_back(head);
    }
    return found;
}

}  // namespace

std::string HeadSet::text() const {
    std::string text;
    for (uint32_t i = 0; i < count; ++i)
        text += fmt::format("{}{}", i == 0 ? "" : ",", first + i * step);
    return text;
}

std::vector<HeadSet> head_sets(const std::vector<HeadSettings>& heads, uint32_t sharing) {
    const auto as_first = [&](const HeadSettings& one) { return one == heads.front(); };
    if (std::all_of(heads.begin(), heads.end(), as_first))
        return {{0, 1, static_cast<uint32_t>(heads.size()), heads.front()}};
    std::vector<HeadSet> sets;
    std::vector<bool> done(heads.size());
    for (uint32_t head = 0; head < heads.size(); ++head) {
        if (done[head]) continue;
        HeadSet set = longest_from_first(alike(heads, done, head, sharing));
        set.settings = heads[head];
        for (uint32_t i = 0; i < set.count; ++i) done[set.first + i * set.step] = true;
        sets.push_back(set);
    }
    return sets;
}

}  // namespace tessera::host
