// SPDX-License-Identifier: MIT
// All schedules. What is in this list, `tessera` and the tests have.
#include "firmware/schedules/key_value_resident.h"
#include "firmware/schedules/list.h"
#include "firmware/schedules/paired.h"
#include "firmware/schedules/query_resident.h"

namespace tessera::fw {
namespace {

// The first two have names in LoopOrder.
using All = ScheduleList<QueryResident, KeyValueResident, Paired>;

}  // namespace

uint32_t schedule_count() { return All::kCount; }
const ScheduleType& schedule_type(LoopOrder order) {
    return All::kTypes[static_cast<uint32_t>(order)];
}
Schedule& make_schedule(LoopOrder order, ScheduleRoom& room) { return *All::make(order, room); }

}  // namespace tessera::fw
