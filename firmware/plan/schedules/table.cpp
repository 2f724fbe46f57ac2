// SPDX-License-Identifier: MIT
// All schedules. What is in this list, `tessera` and the tests have.
#include "firmware/plan/schedules/key_value_resident.h"
#include "firmware/plan/schedules/list.h"
#include "firmware/plan/schedules/listed.h"
#include "firmware/plan/schedules/paired.h"
#include "firmware/plan/schedules/query_resident.h"
#include "firmware/plan/schedules/strided.h"

namespace tessera::fw {
namespace {

// A schedule's number is its place here, and jobs in words have it (docs/contract/jobs.md, section
// 4): new ones come last.
using All = ScheduleList<QueryResident, KeyValueResident, Paired, Strided, Listed>;
static_assert(All::number_of<QueryResident>() == 0);
static_assert(All::number_of<KeyValueResident>() == 1);
static_assert(All::number_of<Paired>() == 2);
static_assert(All::number_of<Strided>() == 3);
static_assert(All::number_of<Listed>() == 4);
static_assert(ScheduleId{0} == ScheduleId::kQueryResident);
static_assert(ScheduleId{1} == ScheduleId::kKeyValueResident);

}  // namespace

uint32_t schedule_count() { return All::kCount; }
const ScheduleType& schedule_type(ScheduleId id) { return All::kTypes[static_cast<uint32_t>(id)]; }
void begin_schedule(ScheduleId id, ScheduleRoom& room) { All::begin(id, room); }
bool next_pair(ScheduleId id, ScheduleRoom& room, const TilePairs& pairs, TilePair& pair) {
    return All::next(id, room, pairs, pair);
}

}  // namespace tessera::fw
