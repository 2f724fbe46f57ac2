// SPDX-License-Identifier: MIT
#include "host/model/head_groups.h"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::host {
namespace {

bool contains(const std::vector<uint32_t>& heads, uint32_t head) {
    return std::binary_search(heads.begin(), heads.end(), head);
}

/// The longest run of equal steps from the first of `heads`, which ascend.
HeadGroup longest_from_first(const std::vector<uint32_t>& heads) {
    HeadGroup longest{heads.front(), 1, 1, {}};
    for (size_t i = 1; i < heads.size(); ++i) {
        HeadGroup group{heads.front(), heads[i] - heads.front(), 1, {}};
        while (contains(heads, group.first + group.count * group.step)) ++group.count;
        if (group.count > longest.count) longest = group;
    }
    return longest;
}

/// Those that may be one job with head `first`.
std::vector<uint32_t> alike(const std::vector<SeenKeys>& heads, const std::vector<bool>& done,
                            uint32_t first, uint32_t sharing) {
    std::vector<uint32_t> found;
    for (uint32_t head = first; head < heads.size(); ++head) {
        const bool apart = sharing > 1 && head / sharing != first / sharing;
        if (!done[head] && !apart && heads[head] == heads[first]) found.push_back(head);
    }
    return found;
}

}  // namespace

std::string HeadGroup::text() const {
    std::string text;
    for (uint32_t i = 0; i < count; ++i)
        text += fmt::format("{}{}", i == 0 ? "" : ",", first + i * step);
    return text;
}

std::vector<HeadGroup> head_groups(const std::vector<SeenKeys>& heads, uint32_t sharing) {
    const auto as_first = [&](const SeenKeys& seen) { return seen == heads.front(); };
    if (std::all_of(heads.begin(), heads.end(), as_first))
        return {{0, 1, static_cast<uint32_t>(heads.size()), heads.front()}};
    std::vector<HeadGroup> groups;
    std::vector<bool> done(heads.size());
    for (uint32_t head = 0; head < heads.size(); ++head) {
        if (done[head]) continue;
        HeadGroup group = longest_from_first(alike(heads, done, head, sharing));
        group.seen = heads[head];
        for (uint32_t i = 0; i < group.count; ++i) done[group.first + i * group.step] = true;
        groups.push_back(group);
    }
    return groups;
}

}  // namespace tessera::host
