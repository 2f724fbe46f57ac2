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

Cycle ScoreTiming::next(const Scoreboard& scoreboard, const ValueTiming& value) const {
    // The buffer of two groups ago must be read before this group's scores arrive.
    return std::max({keys_end, granted(scoreboard), value.buffer_free(entered)});
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
    entering.buffer = static_cast<uint32_t>(entered % 2);
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

Cycle ValueTiming::buffer_free(uint64_t n) const {
    if (n < 2) return 0;
    return n - 2 < admitted ? buffer_free_at[(n - 2) % buffer_free_at.size()] : kNever;
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
    // S(g) is at least V(g-2) + 1 - score_lead, and not before this admission is visible.
    const Cycle lead = spec::score_lead(p);
    buffer_free_at[admitted % buffer_free_at.size()] =
        std::max(admission_from, last_value + 1 > lead ? last_value + 1 - lead : 0);
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
