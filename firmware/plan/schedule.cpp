// SPDX-License-Identifier: MIT
#include "firmware/plan/schedule.h"

#include "firmware/plan/tiles.h"

namespace tessera::fw {

TilePairs::TilePairs(const AttentionJob& job, uint32_t m, uint32_t together)
    : job_(&job), map_(job, m), together_(together), share_(job.share), shares_(job.peers + 1) {}

bool TilePairs::next_key_tile(TilePair& at) const {
    if (at.q_tile == UINT32_MAX) return false;
    const uint32_t next = map_.next_key_tile(at.stack, at.q_tile, at.k_tile + 1);
    if (next == map_.key_tiles()) return false;
    at.k_tile = next;
    return true;
}

bool TilePairs::next_query_tile(TilePair& at) const {
    TilePair next = at;
    do {
        if (++next.q_tile == map_.query_tiles()) {
            next.q_tile = 0;
            if (++next.stack == map_.stacks()) return false;
        }
    } while (!mine(next));
    next.k_tile = map_.next_key_tile(next.stack, next.q_tile, 0);
    at = next;
    return true;
}

/// Is this query tile dealt to this share? Tiles dealt together are of one key/value head. 32 bits
/// are enough: where they overflow the pattern has a seam, at the same place for all shares.
bool TilePairs::mine(const TilePair& at) const {
    if (shares_ == 1) return true;
    const uint32_t stacks = map_.stacks_per_kv_head(), tiles = map_.query_tiles();
    const uint32_t hands = tiles_of(stacks * tiles, together_);  // of a key/value head
    const uint32_t hand = (at.stack % stacks * tiles + at.q_tile) / together_;
    const uint32_t turn = (kv_head(at) * hands + hand) % (2 * shares_);
    return (turn < shares_ ? turn : 2 * shares_ - 1 - turn) == share_;
}

}  // namespace tessera::fw
