// SPDX-License-Identifier: MIT
#include "hw_model/compute/compute_timing.h"

#include <algorithm>

namespace tessera::hw {

Cycle ScoreTiming::granted(const Scoreboard& scoreboard) const {
    if (current) return 0;
    if (queue.oldest() == nullptr) return kNever;
    const Dispatched& d = *queue.oldest();
    return std::max({queue.head_from(), d.granted(scoreboard, Engine::kCompute, BankKind::kQ),
                     d.granted(scoreboard, Engine::kCompute, BankKind::kK)});
}

Cycle ScoreTiming::next(const spec::DeviceParams& p, const Scoreboard& scoreboard,
                        const ValueTiming& value) const {
    const Dispatched* const attend = current ? current.get() : queue.oldest();
    if (attend == nullptr) return kNever;
    const uint32_t next_group = current ? group : 0;
    ScoreRooms room = {spec::group_room(p, attend->command, attend->positions, next_group)};
    std::copy(rooms.begin(), rooms.end(), room + 1);
    // What the scores overwrite must be read before they arrive.
    return std::max({keys_end, granted(scoreboard), value.buffer_free(p, entered, room)});
}

LaneGroup ScoreTiming::enter(const spec::DeviceParams& p, Scoreboard& scoreboard, Cycle at) {
    if (!current) {
        current = std::make_shared<const Dispatched>(*queue.oldest());
        group = 0;
    }
    const spec::Command& c = current->command;
    LaneGroup entering;
    entering.attend = current;
    entering.index = group;
    entering.rows = std::min(p.group_rows(), c.rows - group * p.group_rows());
    entering.keys = spec::group_keys(p, c, current->positions, group);
    entering.last = group + 1 == p.groups(c.rows);
    entering.score_start = at;
    entering.slot = static_cast<uint32_t>(entered % spec::kScoreLaneGroups);
    std::copy_backward(rooms.begin(), rooms.end() - 1, rooms.end());
    rooms[0] = spec::group_room(p, c, current->positions, group);
    keys_end = at + spec::group_cycles(p, entering.keys.count);
    ++entered;
    ++group;
    if (entering.last) {
        entering.operands_free = at + spec::score_release_after(p, entering.keys.count);
        for (const BankKind kind : {BankKind::kQ, BankKind::kK})
            scoreboard.release(Engine::kCompute, current->bank(kind), entering.operands_free, at);
        queue.pop(at);
        current.reset();
    }
    return entering;
}

Cycle ValueTiming::buffer_free(const spec::DeviceParams& p, uint64_t n,
                               const ScoreRooms& room) const {
    const auto lead = static_cast<int64_t>(spec::score_lead(p));
    // From when on scores may arrive that wait for a group's read of its key `key`.
    const auto read = [&](const spec::ScoreRead& r) -> Cycle {
        if (n < r.back) return 0;
        if (n - r.back >= admitted) return kNever;
        const size_t slot = (n - r.back) % spec::kScoreLaneGroups;
        const int64_t at =
            static_cast<int64_t>(value_start[slot]) + p.interleave * r.keys + 1 - lead;
        return std::max(admitted_at[slot], static_cast<Cycle>(std::max<int64_t>(at, 0)));
    };
    return std::max(read({spec::kScoreLaneGroups, 0}), read(spec::score_read(p, room)));
}

Cycle ValueTiming::value_granted(const Scoreboard& scoreboard) const {
    return groups.front().attend->granted(scoreboard, Engine::kCompute, BankKind::kV);
}

Cycle ValueTiming::state_granted(const Scoreboard& scoreboard) const {
    return groups.front().attend->granted(scoreboard, Engine::kCompute, BankKind::kState);
}

Cycle ValueTiming::next(const Scoreboard& scoreboard) const {
    if (groups.empty()) return kNever;
    return std::max({groups.front().score_start + 1, admission_from, value_granted(scoreboard),
                     state_granted(scoreboard)});
}

ValueTiming::Admission ValueTiming::admit(const spec::DeviceParams& p, Scoreboard& scoreboard,
                                          Cycle at) {
    Admission a;
    a.group = std::move(groups.front());
    groups.pop_front();
    const uint32_t keys = a.group.keys.count;
    const Cycle known = a.group.score_start + spec::max_known_after(p, keys);
    const Cycle spaced = admitted == 0 ? 0 : last_value + spec::value_spacing(p, last_keys, keys);
    a.value_start = std::max({known, spaced, at + 1});
    a.first_row = a.value_start + spec::merge_write_after(p, keys);
    a.last_row = a.first_row + a.group.rows - 1;
    a.value_free = a.value_start + spec::value_release_after(p, keys);
    admission_from = at + 1;
    last_value = a.value_start;
    last_keys = keys;
    const size_t slot = admitted % spec::kScoreLaneGroups;
    admitted_at[slot] = admission_from;
    value_start[slot] = last_value;
    ++admitted;

    const Dispatched& d = *a.group.attend;
    const BankId state = d.bank(BankKind::kState);
    const uint64_t touch = d.ticket(BankKind::kState).of(Engine::kCompute) + 1;
    scoreboard.post_rows(state, touch, a.group.index * p.group_rows(), a.group.rows,
                         a.first_row + 1);
    if (a.group.last) {
        scoreboard.release(Engine::kCompute, d.bank(BankKind::kV), a.value_free, at);
        scoreboard.release(Engine::kCompute, state, a.last_row + 1, at);
        retired.post(a.last_row + 1);
        retired.trim(at);
    }
    return a;
}

}  // namespace tessera::hw
