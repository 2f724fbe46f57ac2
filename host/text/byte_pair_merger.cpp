// SPDX-License-Identifier: MIT
#include "host/text/byte_pair_merger.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <stdexcept>
#include <utility>

namespace tessera::host {
namespace {

uint64_t join(uint32_t high, uint32_t low) { return uint64_t{high} << 32 | low; }

}  // namespace

BytePairMerger::BytePairMerger(std::vector<BytePair> pairs) : pairs_(std::move(pairs)) {
    ranks_.reserve(pairs_.size());
    for (uint32_t rank = 0; rank < pairs_.size(); ++rank)
        ranks_.emplace(join(pairs_[rank].left, pairs_[rank].right), rank);
}

uint32_t BytePairMerger::rank_of(uint32_t left, uint32_t right) const {
    const auto found = ranks_.find(join(left, right));
    return found == ranks_.end() ? kNone : found->second;
}

void BytePairMerger::merge(std::vector<uint32_t>& tokens) const {
    if (tokens.size() < 2) return;
    if (tokens.size() >= kNone) throw std::length_error("a text between two cuts is too long");
    const auto count = static_cast<uint32_t>(tokens.size());
    // A list of the tokens that are left: each stands where its first byte was.
    std::vector<uint32_t> next(count), previous(count);
    // Rank and place of what may be merged; some of it is stale.
    std::priority_queue<uint64_t, std::vector<uint64_t>, std::greater<>> candidates;
    const auto offer = [&](uint32_t at) {
        const uint32_t rank = rank_of(tokens[at], tokens[next[at]]);
        if (rank != kNone) candidates.push(join(rank, at));
    };
    for (uint32_t at = 0; at < count; ++at) {
        next[at] = at + 1;
        previous[at] = at - 1;  // of the first kNone, by wrapping around
    }
    for (uint32_t at = 0; at + 1 < count; ++at) offer(at);
    while (!candidates.empty()) {
        const BytePair& pair = pairs_[candidates.top() >> 32];
        const auto at = static_cast<uint32_t>(candidates.top());
        candidates.pop();
        const uint32_t right = next[at];
        if (tokens[at] != pair.left || right == count || tokens[right] != pair.right) continue;
        tokens[at] = pair.merged;
        tokens[right] = kNone;
        next[at] = next[right];
        if (next[at] != count) {
            previous[next[at]] = at;
            offer(at);
        }
        if (previous[at] != kNone) offer(previous[at]);
    }
    tokens.erase(std::remove(tokens.begin(), tokens.end(), kNone), tokens.end());
}

}  // namespace tessera::host
