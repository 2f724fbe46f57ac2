// SPDX-License-Identifier: MIT
// All schedules. What is in this list, `tessera` and the tests have.
#include "firmware/plan/schedules/key_value_resident.h"
#include "firmware/plan/schedules/list.h"
#include "firmware/plan/schedules/paired.h"
#include "firmware/plan/schedules/query_resident.h"

namespace tessera::fw {
namespace {

// The first two have names in ScheduleId.
using All = ScheduleList<QueryResident, KeyValueResident, Paired>;

}  // namespace

uint32_t schedule_count() { return All::kCount; }
const ScheduleType& schedule_type(ScheduleId id) { return All::kTypes[static_cast<uint32_t>(id)]; }
void begin_schedule(ScheduleId id, ScheduleRoom& room) { All::begin(id, room); }
bool next_pair(ScheduleId id, ScheduleRoom& room, const TilePairs& pairs, TilePair& pair) {
    return All::next(id, room, pairs, pair);
}

}  // namespace tessera::fw
