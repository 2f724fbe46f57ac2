// SPDX-License-Identifier: MIT
// A table of schedules, from nothing but their classes.
#pragma once
#include "firmware/plan/schedule.h"

namespace tessera::fw {

template <typename A, typename B>
inline constexpr bool kSameSchedule = false;
template <typename A>
inline constexpr bool kSameSchedule<A, A> = true;

/// A schedule class need not say that it is not strided.
template <typename Schedule, typename = void>
inline constexpr bool kIsStrided = false;
template <typename Schedule>
inline constexpr bool kIsStrided<Schedule, decltype(void(Schedule::kStrided))> = Schedule::kStrided;

/// Nor that its order does not come with the job.
template <typename Schedule, typename = void>
inline constexpr bool kIsListed = false;
template <typename Schedule>
inline constexpr bool kIsListed<Schedule, decltype(void(Schedule::kListed))> = Schedule::kListed;

template <typename... Schedules>
struct ScheduleList {
    static constexpr uint32_t kCount = sizeof...(Schedules);
    /// kCount: it is none of them.
    template <typename Schedule>
    static constexpr uint32_t number_of() {
        uint32_t number = 0;
        (void)((kSameSchedule<Schedule, Schedules> || (++number, false)) || ...);
        return number;
    }
    static constexpr ScheduleType kTypes[] = {{Schedules::kName, Schedules::kDoes,
                                               Schedules::kOpenTiles, kIsStrided<Schedules>,
                                               kIsListed<Schedules>}...};

    static void begin(ScheduleId id, ScheduleRoom& room) {
        static_assert(((sizeof(Schedules) <= sizeof(ScheduleRoom)) && ...), "no room");
        static_assert(((alignof(Schedules) <= alignof(ScheduleRoom)) && ...), "no room");
        static_assert((__is_trivially_copyable(Schedules) && ...), "a copy of its bytes goes on");
        uint32_t number = 0;
        ((number++ == static_cast<uint32_t>(id) ? (void)new (room) Schedules : (void)0), ...);
    }
    static bool next(ScheduleId id, ScheduleRoom& room, const TilePairs& pairs, TilePair& pair) {
        uint32_t number = 0;
        return ((number++ == static_cast<uint32_t>(id) && in<Schedules>(room).next(pairs, pair)) ||
                ...);
    }

  private:
    template <typename Schedule>
    static Schedule& in(ScheduleRoom& room) {
        return *__builtin_launder(reinterpret_cast<Schedule*>(room.bytes));
    }
};

}  // namespace tessera::fw
