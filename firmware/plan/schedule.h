// SPDX-License-Identifier: MIT
// In which order are a job's tile pairs issued? A schedule is one small class that says so and
// nothing else: banks, loads, masks, states in memory, FENCEs and merging follow from the order
// (planner.h, sequencer.h, merger.h). docs/use/write-a-schedule.md walks through one.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "firmware/plan/tile_map.h"

namespace tessera::fw {

/// The pairs that a schedule has to order: those of a job, or of one device's share of it.
class TilePairs {
  public:
    /// `job` must be legal (check_job in job_check.h) and outlive this; `m` is the device's tile
    /// size in tokens. Of several devices each is dealt `together` query tiles at a time.
    TilePairs(const AttentionJob& job, uint32_t m, uint32_t together);

    const TileMap& map() const { return map_; }
    const AttentionJob& job() const { return *job_; }
    /// Goes on to the next key tile that the query tile of `at` meets. False, with `at` as it was,
    /// behind the last.
    bool next_key_tile(TilePair& at) const;
    /// Goes on to the next query tile of this share, with its first key tile. False, with `at` as
    /// it was, behind the last.
    bool next_query_tile(TilePair& at) const;
    /// Whose key tiles the query tile of `at` meets.
    uint32_t kv_head(const TilePair& at) const { return at.stack / map_.stacks_per_kv_head(); }

  private:
    bool mine(const TilePair& at) const;

    const AttentionJob* job_;
    TileMap map_;
    uint32_t together_, share_, shares_;
};

// What a schedule is: a class whose objects can be copied byte by byte, with
//   bool next(const TilePairs& pairs, TilePair& pair);
// `pair`, the one before (TilePair{} for the first), becomes the next. False at the end.
// Every pair comes exactly once; the key tiles of a query tile come in ascending order, so that
// every schedule gives the same bits; and all query tiles of a key/value head are finished before
// those of the next begin. check_schedule (schedule_check.h) finds what breaks this. Beside next()
// a schedule has, static and constexpr:
//   const char* kName        for --schedule and reports
//   const char* kDoes        what it does, in a line
//   uint32_t    kOpenTiles   query tiles begun and not finished at any time, at most; 0: any
//                            number. Up to as many as there are state banks never leave them. So
//                            many are dealt together to one of several devices; 0: a job cannot be
//                            shared.
//   bool        kStrided     the tiles are those of a strided job (tile_map.h), for causal windows
//                            alone; may be left out: they are not.
//   bool        kListed      the order comes with the job; may be left out: it does not.

/// What there is to know of a schedule beside its order.
struct ScheduleType {
    const char* name;
    const char* does;
    uint32_t open_tiles;
    bool strided, listed;
};

/// Memory for one schedule of any type. A copy goes on by itself.
struct ScheduleRoom {
    alignas(8) unsigned char bytes[96];
};

/// The schedules that there are, numbered as ScheduleId: schedules/table.cpp.
uint32_t schedule_count();
const ScheduleType& schedule_type(ScheduleId id);
/// Puts a schedule at its beginning into `room`.
void begin_schedule(ScheduleId id, ScheduleRoom& room);
/// next() of the schedule `id` that is in `room`.
bool next_pair(ScheduleId id, ScheduleRoom& room, const TilePairs& pairs, TilePair& pair);

}  // namespace tessera::fw

/// Builds a schedule in its room: there is no heap.
inline void* operator new(size_t, tessera::fw::ScheduleRoom& room) noexcept { return room.bytes; }
