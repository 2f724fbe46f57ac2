// SPDX-License-Identifier: MIT
// For each key tile of a key/value head all query tiles of the group that meet it.
#pragma once
#include "firmware/plan/schedule.h"

namespace tessera::fw {

class KeyValueResident {
  public:
    static constexpr const char* kName = "kv-resident";
    static constexpr const char* kDoes =
        "for each key/value tile all its query tiles; running states travel through memory";
    static constexpr uint32_t kOpenTiles = 0;

    bool next(const TilePairs& pairs, TilePair& pair) {
        const TileMap& map = pairs.map();
        if (pair.q_tile == UINT32_MAX) pair.k_tile = 0;
        while (pair.stack != map.stacks()) {
            pair.q_tile = map.next_query_tile(pair.stack, pair.k_tile, pair.q_tile + 1);
            if (pair.q_tile != map.query_tiles()) return true;
            pair.q_tile = UINT32_MAX;  // the next stack of the group, from its first tile on
            if (++pair.stack % map.stacks_per_kv_head() != 0) continue;
            if (++pair.k_tile != map.key_tiles())
                pair.stack -= map.stacks_per_kv_head();  // the group again
            else
                pair.k_tile = 0;
        }
        return false;
    }
};

}  // namespace tessera::fw
