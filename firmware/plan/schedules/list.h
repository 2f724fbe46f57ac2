// SPDX-License-Identifier: MIT
// A table of schedules, from nothing but their classes.
#pragma once
#include "firmware/plan/schedule.h"

namespace tessera::fw {

template <typename... Schedules>
struct ScheduleList {
    static constexpr uint32_t kCount = sizeof...(Schedules);
    static constexpr ScheduleType kTypes[] = {
        {Schedules::kName, Schedules::kDoes, Schedules::kOpenTiles}...};

    static Schedule* make(ScheduleId id, ScheduleRoom& room) {
        static_assert(((sizeof(Schedules) <= sizeof(ScheduleRoom)) && ...), "no room");
        static_assert(((alignof(Schedules) <= alignof(ScheduleRoom)) && ...), "no room");
        Schedule* made = nullptr;
        uint32_t number = 0;
        ((number++ == static_cast<uint32_t>(id) ? made = new (room) Schedules : made), ...);
        return made;
    }
};

}  // namespace tessera::fw
