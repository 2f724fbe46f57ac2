// SPDX-License-Identifier: MIT
// The ATTENDs that a problem takes, query tile by query tile, worked out from the keys that each
// query sees. Of one sequence. Independent of firmware's planner, so that the two check each other.
#pragma once
#include <cstdint>
#include <vector>

#include "host/problem/problem.h"

namespace tessera::host {

/// What one query tile takes.
struct QueryTileCalls {
    uint32_t rows = 0;              ///< queries
    std::vector<uint32_t> keys;     ///< of each pair of tiles, in their order
    std::vector<uint32_t> k_tiles;  ///< of these the key tiles, the last ones; others are gathered
    uint64_t pairs_allowed = 0;     ///< (query, key)
};

/// How much that is.
struct QueryTileWork {
    uint32_t rows = 0;           ///< queries
    uint64_t calls = 0;          ///< pairs of tiles
    uint64_t keys = 0;           ///< of all of them
    uint64_t pairs_allowed = 0;  ///< (query, key)
};

class CallList {
  public:
    /// `m`: tile tokens. `problem` must outlive this.
    CallList(const Problem& problem, uint32_t m);

    /// Sequences of query rows that are cut into tiles: heads, or stacked groups of heads.
    uint32_t stacks() const { return problem_.query_heads / stack_heads_; }
    uint32_t query_tiles() const { return query_tiles_; }  ///< of each
    /// Do all stacks take the same calls?
    bool uniform() const { return problem_.mask.tiles.heads <= 1; }
    QueryTileCalls calls(uint32_t stack, uint32_t q_tile) const;
    /// The sums over calls(), in time that does not grow with the key tiles.
    QueryTileWork work(uint32_t stack, uint32_t q_tile) const;
    /// Keys of a key/value head that some query sees.
    uint64_t keys_seen(uint32_t kv_head) const;

  private:
    struct Seen;
    Seen seen_by(uint32_t stack, uint32_t q_tile) const;
    uint32_t first_linear_key(uint32_t row) const;
    QueryTileCalls strided_call(uint32_t stack, uint32_t q_tile) const;

    const Problem& problem_;
    uint32_t m_, key_m_;
    uint32_t query_m_;  ///< rows of a full query tile
    uint32_t stack_heads_, query_tiles_;
};

}  // namespace tessera::host
