// SPDX-License-Identifier: MIT
// Which pair of a query tile and a key tile comes next, and what is there to know of it? A plain
// iterator over the ATTENDs of a job, in the order of its schedule (schedule.h), or of a list of
// jobs one after the other: no hardware, no banks, no descriptors. Never yields a pair that the
// mask forbids as a whole (tile_map.h says what happens to queries that may see no key). Key tiles
// of a query tile always come in ascending order.
#pragma once
#include <stdint.h>

#include "firmware/plan/job.h"
#include "firmware/plan/schedule.h"
#include "firmware/plan/tile_map.h"

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
    bool first = false;        ///< first key tile of this query tile
    bool last = false;         ///< last key tile of this query tile
    uint32_t next_k_tile = 0;  ///< key tile that this query tile meets next, unless `last`
    bool new_job = false;      ///< first step of its job: nothing of the one before is of use
    bool new_query = false;    ///< not the query tile of the step before
    bool new_key = false;      ///< not the key tile of the step before
};

/// A plain value: a copy goes on by itself.
class Planner {
  public:
    /// `job` must be legal (check_job in job_check.h) and outlive this; `m` is the device's tile
    /// size in tokens.
    Planner(const AttentionJob& job, uint32_t m) : Planner(&job, 1, m) {}
    /// The same of `count` jobs, at least one.
    Planner(const AttentionJob* jobs, uint32_t count, uint32_t m);

    /// The next step, or false at the end.
    bool next(Step& step);

    /// How many steps that follow are like the latest one, but for the key tile, which moves on by
    /// one each time: all rows see all keys of a full tile, and none is the last of its query tile.
    /// 0 as well where that is not known.
    uint32_t steady_steps() const;
    /// Passes over so many of them, at most steady_steps().
    void skip(uint32_t steps) { at_.k_tile += steps; }

    /// The same of query tiles that follow that of the latest step (TileMap::alike_query_tiles),
    /// and going on to the same step of one of them.
    uint32_t steady_tiles() const;
    void skip_tiles(uint32_t tiles);
    /// The key tile that is to one of the query tiles that follow what `k_tile` is to this one.
    uint32_t moved(uint32_t k_tile, uint32_t tiles) const {
        return k_tile >= map().moving_tiles() && k_tile < map().key_tiles() ? k_tile + tiles
                                                                            : k_tile;
    }

    /// Of the job of the latest step; before any, of the first job. So are those that follow.
    const TileMap& map() const { return pairs_.map(); }
    const AttentionJob& job() const { return map().job(); }
    /// Which one of the jobs that is.
    uint32_t job_index() const { return job_index_; }
    /// Query tiles begun and not finished, at most; 0: any number.
    uint32_t open_tiles() const { return open_tiles_of(job()); }
    /// Does any query tile meet more than one key tile?
    bool merges() const;
    /// Must running states leave their banks between two key tiles?
    bool states_travel() const;

  private:
    static uint32_t open_tiles_of(const AttentionJob& job);
    void begin_job();

    uint32_t m_;
    const AttentionJob* jobs_;
    uint32_t job_count_;
    uint32_t job_index_ = 0;  ///< of the job in pairs_
    TilePairs pairs_;
    ScheduleRoom room_;  ///< with the schedule of that job
    TilePair at_;        ///< of the step before
};

}  // namespace tessera::fw
