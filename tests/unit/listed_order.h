// SPDX-License-Identifier: MIT
// Orders of pairs of tiles as lists, for schedule `listed`.
#pragma once
#include <vector>

#include "firmware/plan/schedule.h"

namespace tessera::test {

/// Makes the order of the job's schedule a list that comes with the job.
inline void list_order(uint32_t m, fw::AttentionJob& job, std::vector<fw::TilePair>& order) {
    fw::ScheduleRoom room;
    fw::begin_schedule(job.schedule, room);
    const fw::TilePairs pairs(job, m, fw::schedule_type(job.schedule).open_tiles);
    for (fw::TilePair pair; fw::next_pair(job.schedule, room, pairs, pair);) order.push_back(pair);
    job.schedule = fw::ScheduleId{0};
    while (!fw::schedule_type(job.schedule).listed)
        job.schedule = static_cast<fw::ScheduleId>(static_cast<uint32_t>(job.schedule) + 1);
    job.order = order.data();
    job.order_count = static_cast<uint32_t>(order.size());
}

}  // namespace tessera::test
