// SPDX-License-Identifier: MIT
// When lane groups go through the compute engine: docs/contract/timing.md, section 4, in plain C++.
// The SystemC units wait for the cycles that these say, and act in them; the prediction of a run
// (host/predict) takes them at once. Each is the whole state of its recurrence, as plain data that
// can be copied and compared.
#pragma once
#include <array>
#include <deque>
#include <tuple>

#include "hw_model/compute/lane_group.h"

namespace tessera::hw {

using ScoreRooms = uint32_t[spec::kScoreLaneGroups + 1];

/// Lane groups on their way from the score stage until they are merged.
struct ValueTiming {
    /// What is certain of a lane group that is admitted.
    struct Admission {
        LaneGroup group;
        Cycle value_start = 0;  ///< V: first key enters
        Cycle first_row = 0;    ///< the first of its rows is written to the state bank, ...
        Cycle last_row = 0;     ///< ... and the last; one a cycle
        Cycle value_free = 0;   ///< of the last lane group: the V bank may be loaded again
    };

    /// The earliest cycle in which lane group number `n` since reset may enter the score stage, as
    /// far as the score buffer is concerned; kNever if not known yet. `room` as spec::score_read.
    Cycle buffer_free(const spec::DeviceParams& p, uint64_t n, const ScoreRooms& room) const;
    /// From when on the oldest lane group may use its V and state bank; kNever if not known yet.
    Cycle value_granted(const Scoreboard& scoreboard) const;
    Cycle state_granted(const Scoreboard& scoreboard) const;
    /// A of the oldest lane group; kNever if not known yet.
    Cycle next(const Scoreboard& scoreboard) const;
    /// The oldest lane group is admitted in cycle `at`: its rows and, with the last of an ATTEND,
    /// banks and retirement become known.
    Admission admit(const spec::DeviceParams& p, Scoreboard& scoreboard, Cycle at);

    std::deque<LaneGroup> groups;  ///< entered the score stage, not admitted
    uint64_t admitted = 0;         ///< since reset
    /// A + 1 and V, per lane group number modulo kScoreLaneGroups.
    std::array<Cycle, spec::kScoreLaneGroups> admitted_at{}, value_start{};
    Cycle admission_from = 0;  ///< A of the last + 1
    Cycle last_value = 0;      ///< V of the last
    uint32_t last_keys = 0;
    Milestones retired;  ///< ATTENDs
    void walk(StateWalk& walk, const spec::DeviceParams& p, const Scoreboard& scoreboard) {
        walk.plain(groups.size());
        for (LaneGroup& group : groups) group.walk(walk, scoreboard);
        walk.plain(admitted % spec::kScoreLaneGroups);
        walk.count(admitted);
        // What a group reads last, or what the next one keeps from it, is so far behind its start.
        const Cycle reach = spec::group_cycles(p, p.m + p.lanes) + 1;
        for (Cycle& at : admitted_at) walk.cycle(at);
        for (Cycle& at : value_start) walk.cycle(at, reach);
        walk.cycle(admission_from);
        walk.cycle(last_value, reach);
        walk.plain(last_keys);
        retired.walk(walk);
    }
    auto fields() const {
        return std::tie(groups, admitted, admitted_at, value_start, admission_from, last_value,
                        last_keys, retired);
    }
    friend bool operator==(const ValueTiming& a, const ValueTiming& b) {
        return a.fields() == b.fields();
    }
};

/// Lane groups on their way into the score stage.
struct ScoreTiming {
    /// From when on the next lane group's ATTEND is at the head and may use Q and K; kNever if not
    /// known yet.
    Cycle granted(const Scoreboard& scoreboard) const;
    /// S of the next lane group; kNever if not known yet.
    Cycle next(const spec::DeviceParams& p, const Scoreboard& scoreboard,
               const ValueTiming& value) const;
    /// The next lane group enters in cycle `at`. With the last of an ATTEND it leaves the queue,
    /// and the release of Q and K becomes known.
    LaneGroup enter(const spec::DeviceParams& p, Scoreboard& scoreboard, Cycle at);

    CommandQueue queue;
    std::shared_ptr<const Dispatched> current;  ///< the ATTEND whose lane groups are entering
    uint32_t group = 0;                         ///< next lane group of `current`
    uint64_t entered = 0;                       ///< lane groups since reset
    Cycle keys_end = 0;                         ///< S + I*n of the last
    /// Keys for which the latest groups take room in the score buffer, the last one first.
    std::array<uint32_t, spec::kScoreLaneGroups> rooms{};

    /// `admitted`: by the value stage.
    void walk(StateWalk& walk, const Scoreboard& scoreboard, uint64_t admitted) {
        queue.walk(walk, scoreboard);
        walk_attend(walk, scoreboard, current);
        walk.plain(group);
        walk.count(entered, admitted);
        walk.cycle(keys_end);
        for (const uint32_t room : rooms) walk.plain(room);
    }
    auto fields() const { return std::tie(queue, group, entered, keys_end, rooms); }
    friend bool operator==(const ScoreTiming& a, const ScoreTiming& b) {
        const bool both = a.current && b.current;
        return a.fields() == b.fields() &&
               (both ? *a.current == *b.current : a.current == b.current);
    }
};

}  // namespace tessera::hw
