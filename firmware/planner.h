// SPDX-License-Identifier: MIT
// Which pair of a query tile and a key tile comes next? A plain iterator over the ATTENDs of a job:
// no hardware, no banks, no descriptors. Never yields a tile without an allowed pair, except that a
// query tile that may see no key at all gets key tile 0 once, fully masked, so that its rows are
// written as EMPTY. Key tiles of a query tile always come in ascending order.
#pragma once
#include <stdint.h>

#include "firmware/job.h"

namespace tessera::fw {

/// One ATTEND: `q_rows` queries from row q_tile * M on, `k_rows` keys from row k_tile * M on.
struct Step {
    uint32_t query_head = 0, kv_head = 0;
    uint32_t q_tile = 0, k_tile = 0;
    uint32_t q_rows = 0, k_rows = 0;  ///< M, or less in the last tile
    bool first = false;               ///< first key tile of this query tile
    bool last = false;                ///< last key tile of this query tile
    bool new_query = false;           ///< not the query tile of the step before
    bool new_key = false;             ///< not the key tile of the step before
};

class Planner {
  public:
    /// `job` must be legal (check_job in job_check.h); `m` is the device's tile size in tokens.
    Planner(const AttentionJob& job, uint32_t m);

    /// The next step, or false at the end.
    bool next(Step& step);
    /// Exactly n calls of next(), in time proportional to the heads and tiles of the job.
    void skip(uint64_t n);
    /// Number of steps; of a whole job by a closed formula.
    uint64_t total() const { return total_; }

    uint32_t query_tiles() const { return query_tiles_; }
    uint32_t group() const { return group_; }  ///< query heads that share a key/value head
    /// Key tiles of a query tile: 0 to this - 1, at least one.
    uint32_t key_tiles(uint32_t q_tile) const;
    /// First query tile that sees this key tile; the later ones all do.
    uint32_t first_query_tile(uint32_t k_tile) const;
    /// Must running states leave their banks between two key tiles?
    bool states_travel() const;

  private:
    struct Place {
        uint32_t query_head = 0, q_tile = 0, k_tile = 0;
    };
    bool mine(const Place& at) const;
    void next_query_tile(Place& at) const;
    uint64_t causal_head_total() const;
    uint64_t share_total() const;
    uint32_t tokens(uint32_t tile, uint32_t count) const;
    Place place(uint64_t index) const;
    void advance(Place& at) const;
    void advance_query_resident(Place& at) const;
    void advance_key_value_resident(Place& at) const;

    bool causal_;
    LoopOrder order_;
    uint32_t share_, shares_;
    uint32_t m_, heads_, group_, nq_, nk_;
    int32_t offset_;  ///< query i may see key j if j <= i + offset_
    uint32_t query_tiles_, all_key_tiles_;
    uint64_t head_total_;  ///< steps of one query head, all shares
    uint64_t total_;       ///< steps of this share
    uint64_t index_ = 0;   ///< steps taken
    Place at_;             ///< of step index_
    Place before_;         ///< of step index_ - 1
};

}  // namespace tessera::fw
