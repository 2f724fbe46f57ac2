// SPDX-License-Identifier: MIT
// Fewest calls for a causal window: a query tile has so few rows that all keys that they see, the
// sinks too, are one key tile (strided_rows in tile_map.h).
#pragma once
#include "firmware/plan/schedule.h"

namespace tessera::fw {

class Strided {
  public:
    static constexpr const char* kName = "strided";
    static constexpr const char* kDoes =
        "a causal window in the fewest calls: each query tile meets one key tile of its own";
    static constexpr uint32_t kOpenTiles = 1;
    static constexpr bool kStrided = true;

    bool next(const TilePairs& pairs, TilePair& pair) { return pairs.next_query_tile(pair); }
};

}  // namespace tessera::fw
