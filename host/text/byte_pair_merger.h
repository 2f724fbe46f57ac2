// SPDX-License-Identifier: MIT
// Byte-pair merging: of all neighbours that a table of merges has, those of the lowest rank become
// one token, the leftmost first, until there are none.
#pragma once
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace tessera::host {

/// `left` and `right`, when they are neighbours, become `merged`.
struct BytePair {
    uint32_t left = 0, right = 0, merged = 0;
};

class BytePairMerger {
  public:
    /// `pairs` by rank, each once.
    explicit BytePairMerger(std::vector<BytePair> pairs);

    /// Merges what can be merged, in O(n log n) for n tokens. No token is UINT32_MAX.
    void merge(std::vector<uint32_t>& tokens) const;

  private:
    /// The rank of neighbours; kNone if nothing merges them.
    uint32_t rank_of(uint32_t left, uint32_t right) const;

    static constexpr uint32_t kNone = UINT32_MAX;

    std::vector<BytePair> pairs_;
    std::unordered_map<uint64_t, uint32_t> ranks_;  ///< by left and right
};

}  // namespace tessera::host
