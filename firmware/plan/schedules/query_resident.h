// SPDX-License-Identifier: MIT
// For each query tile all its key tiles.
#pragma once
#include "firmware/plan/schedule.h"

namespace tessera::fw {

class QueryResident {
  public:
    static constexpr const char* kName = "query-resident";
    static constexpr const char* kDoes =
        "for each query tile all its key tiles; its running state stays in the device";
    static constexpr uint32_t kOpenTiles = 1;

    bool next(const TilePairs& pairs, TilePair& pair) {
        return pairs.next_key_tile(pair) || pairs.next_query_tile(pair);
    }
};

}  // namespace tessera::fw
