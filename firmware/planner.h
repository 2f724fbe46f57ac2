// SPDX-License-Identifier: MIT
// Which pair of a query tile and a key tile comes next? A plain iterator over the ATTENDs of a job:
// no hardware, no banks, no descriptors. Never yields a pair that the mask forbids as a whole
// (tile_map.h says what happens to queries that may see no key). Key tiles of a query tile always
// come in ascending order.
#pragma once
#include <stdint.h>

#include "firmware/job.h"
#include "firmware/tile_map.h"

namespace tessera::fw {

/// One ATTEND.
struct Step {
    uint32_t query_head = 0;  ///< the first of the stack
    uint32_t kv_head = 0;
    uint32_t q_tile = 0, k_tile = 0;  ///< as TileMap counts them
    uint32_t q_rows = 0;              ///< M, or less in the last tile
    uint32_t k_rows = 0;              ///< keys to have in the bank
    uint32_t keys = 0;                ///< of these, the first so many are attended to
    spec::Mask mask;
    bool first = false;      ///< first key tile of this query tile
    bool last = false;       ///< last key tile of this query tile
    bool new_query = false;  ///< not the query tile of the step before
    bool new_key = false;    ///< not the key tile of the step before
};

class Planner {
  public:
    /// `job` must be legal (check_job in job_check.h) and outlive this; `m` is the device's tile
    /// size in tokens.
    Planner(const AttentionJob& job, uint32_t m);

    /// The next step, or false at the end.
    bool next(Step& step);

    const TileMap& map() const { return map_; }
    /// Does any query tile meet more than one key tile?
    bool merges() const;
    /// Must running states leave their banks between two key tiles?
    bool states_travel() const;

  private:
    struct Place {
        uint32_t stack = 0, q_tile = 0, k_tile = 0;
    };
    bool at_end() const { return at_.stack == map_.stacks(); }
    bool mine(const Place& at) const;
    void to_share();
    void advance();
    void advance_query_resident();
    void to_meeting_query_tile();

    TileMap map_;
    LoopOrder order_;
    bool exact_rows_;  ///< a sentinel follows the keys: none may be in its place
    uint32_t share_, shares_;
    bool started_ = false;
    Place at_;      ///< of the next step
    Place before_;  ///< of the step before it
};

}  // namespace tessera::fw
