// SPDX-License-Identifier: MIT
#include "hw_model/compute/value_stage.h"

#include <algorithm>

#include "hw_model/front/dispatch.h"
#include "hw_model/load/load_engine.h"
#include "hw_model/store/store_engine.h"

namespace tessera::hw {

using spec::Counter;

void ValueStage::hand_over(LaneGroup group, Cycle now) {
    state_.groups.push_back(std::move(group));
    wake(now + 1);
}

Cycle ValueStage::buffer_free(uint64_t n) const {
    if (n < 2) return 0;
    return n - 2 < state_.admitted ? state_.buffer_free[(n - 2) % state_.buffer_free.size()]
                                   : kNever;
}

Cycle ValueStage::value_granted(const LaneGroup& group) const {
    const Dispatched& d = *group.attend;
    return core_.scoreboard.granted(Engine::kCompute, {BankKind::kV, d.command.v_bank}, d.v);
}

Cycle ValueStage::state_granted(const LaneGroup& group) const {
    const Dispatched& d = *group.attend;
    return core_.scoreboard.granted(Engine::kCompute, {BankKind::kState, d.command.state_bank},
                                    d.state);
}

void ValueStage::act(Cycle now) {
    state_.waiting = false;
    if (state_.groups.empty()) return;
    if (aborts(now)) return;
    const LaneGroup& group = state_.groups.front();
    const Cycle granted = std::max(value_granted(group), state_granted(group));
    const Cycle in_order = state_.last_admitted == kNever ? 0 : state_.last_admitted + 1;
    const Cycle at = std::max({group.score_start + 1, in_order, granted});
    if (at > now) {
        state_.waiting = at == kNever;
        wake(at);
        return;
    }
    const LaneGroup admitted = std::move(state_.groups.front());
    state_.groups.pop_front();
    admit(admitted, now);
    if (!state_.groups.empty()) wake(now + 1);
}

void ValueStage::admit(const LaneGroup& group, Cycle now) {
    const spec::DeviceParams& p = core_.params;
    const spec::Command& c = group.attend->command;
    const Cycle known = group.score_start + spec::max_known_after(p, c.keys);
    const Cycle spaced = state_.admitted == 0
                             ? 0
                             : state_.last_value + spec::value_spacing(p, state_.last_keys, c.keys);
    const Cycle value = std::max({known, spaced, now + 1});
    account(group, value);
    state_.last_admitted = now;
    state_.last_value = value;
    state_.last_keys = c.keys;
    // S(g) is at least V(g-2) + 1 - score_lead, and not before this admission is visible.
    const Cycle lead = spec::score_lead(p);
    state_.buffer_free[state_.admitted % state_.buffer_free.size()] =
        std::max(now + 1, value + 1 > lead ? value + 1 - lead : 0);
    ++state_.admitted;
    core_.score->wake(now + 1);

    if (!core_.timing_only) core_.worker.value(group);
    const Cycle first_row = value + spec::merge_write_after(p, c.keys);
    const BankId state{BankKind::kState, c.state_bank};
    const uint64_t touch = group.attend->state.earlier[static_cast<size_t>(Engine::kCompute)] + 1;
    core_.scoreboard.post_rows(state, touch, group.index * p.group_rows(), group.rows,
                               first_row + 1);
    if (core_.store->waiting()) core_.store->wake(first_row + 1);
    core_.trace.group({group.attend->number, group.index, c.keys, group.score_start, value,
                       first_row + group.rows - 1});
    Counters& n = core_.counters;
    n[Counter::kSramVRead] += c.keys;
    n[Counter::kSramScoreRead] += spec::group_cycles(p, c.keys) * p.lanes;
    n[Counter::kSramStateWrite] += group.rows;
    if (c.has(spec::kFlagContinue)) n[Counter::kSramStateRead] += group.rows;
    if (group.last) retire(group, value, first_row + group.rows - 1, now);
}

void ValueStage::retire(const LaneGroup& group, Cycle value, Cycle merged, Cycle now) {
    const spec::Command& c = group.attend->command;
    core_.release(Engine::kCompute, {BankKind::kV, c.v_bank},
                  value + spec::value_release_after(core_.params, c.keys), now);
    core_.release(Engine::kCompute, {BankKind::kState, c.state_bank}, merged + 1, now);
    state_.retired.post(merged + 1);
    state_.retired.trim(now);
    state_.ended.post(merged + 1);
    state_.ended.trim(now);
    core_.trace.retired(group.attend->number, merged);
    ++core_.counters[Counter::kCommandsRetired];
    ++core_.counters[Counter::kAttendsRetired];
    core_.dispatch->on_retired(merged);
    core_.wake_for_abort(merged + 1);
}

/// Books the cycles from the end of the last lane group's keys to `value`, and those of this one's.
void ValueStage::account(const LaneGroup& group, Cycle value) {
    Counters::Gap gap = core_.counters.gap(TimeLine::kValue, value);
    gap.until(group.score_start + 1, Counter::kValueIdle);
    gap.until(value_granted(group), Counter::kValueStallV);
    gap.until(state_granted(group), Counter::kValueStallState);
    gap.until(value, Counter::kValueStallScore);
    core_.counters.book_keys(TimeLine::kValue, value,
                             spec::group_cycles(core_.params, group.attend->command.keys));
}

/// After an error: does this group wait for a bank that nobody will ever release? If that may still
/// become true, comes back.
bool ValueStage::hopeless(const LaneGroup& group, Cycle now) {
    // A group is looked at from the cycle after its first key on, as by admission.
    if (!core_.errors.halted(now) || now <= group.score_start || now == state_.last_admitted)
        return false;
    const bool no_value = value_granted(group) == kNever;
    if (!no_value && state_granted(group) != kNever) return false;
    if (core_.load->active(now) == 0 && (no_value || core_.store->active(now) == 0)) return true;
    wake(core_.load->next_end(now));
    wake(core_.store->next_end(now));
    return false;
}

/// After an error: drops all groups not admitted if the oldest is hopeless. Tickets are those of a
/// command, so no group of these ATTENDs was admitted. They are over when the ones before them are.
bool ValueStage::aborts(Cycle now) {
    if (state_.aborted == now) return true;
    if (state_.groups.empty() || !hopeless(state_.groups.front(), now)) return false;
    state_.aborted = now;
    state_.groups.clear();
    core_.score->abort(now);
    core_.score->wake(now + 1);
    while (state_.ended.posted() < core_.score->started())
        state_.ended.post(std::max(now + 1, state_.ended.last()));
    return true;
}

}  // namespace tessera::hw
