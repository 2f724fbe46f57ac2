// SPDX-License-Identifier: MIT
// Two query tiles share each key tile: half as many loads of K and V, and no state travels.
#pragma once
#include "firmware/plan/schedule.h"

namespace tessera::fw {

class Paired {
  public:
    static constexpr const char* kName = "paired";
    static constexpr const char* kDoes = "two query tiles share each key/value tile";
    static constexpr uint32_t kOpenTiles = 2;

    bool next(const TilePairs& pairs, TilePair& pair) {
        if (!more_[0] && !more_[1] && !begin_two(pairs)) return false;
        // The lower key tile first: the other query tile meets it next, while it is in its bank.
        const bool second = !more_[0] || (more_[1] && next_[1].k_tile < next_[0].k_tile);
        pair = next_[second];
        more_[second] = pairs.next_key_tile(next_[second]);
        return true;
    }

  private:
    bool begin_two(const TilePairs& pairs) {
        more_[0] = pairs.next_query_tile(last_);
        TilePair other = next_[0] = last_;
        more_[1] = pairs.next_query_tile(other) && pairs.kv_head(other) == pairs.kv_head(last_);
        if (more_[1]) next_[1] = last_ = other;
        return more_[0];
    }
    TilePair next_[2], last_;  // next pair of either query tile; the query tile begun last
    bool more_[2] = {false, false};
};

}  // namespace tessera::fw
