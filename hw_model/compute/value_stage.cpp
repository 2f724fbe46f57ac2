// SPDX-License-Identifier: MIT
#include "hw_model/compute/value_stage.h"

#include <algorithm>

#include "hw_model/front/csr.h"
#include "hw_model/front/dispatch.h"
#include "hw_model/load/load_engine.h"
#include "hw_model/store/store_engine.h"

namespace tessera::hw {

using spec::Counter;

void ValueStage::hand_over(LaneGroup group, Cycle now) {
    groups_.push_back(std::move(group));
    wake(now + 1);
}

Cycle ValueStage::buffer_free(uint64_t n) const {
    if (n < 2) return 0;
    return n - 2 < admitted_ ? buffer_free_[(n - 2) % buffer_free_.size()] : kNever;
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

void ValueStage::step(Cycle now) {
    core_.csr->reset_if_due(now);
    waiting_ = false;
    if (groups_.empty()) return;
    if (aborts(now)) return;
    const LaneGroup& group = groups_.front();
    const Cycle granted = std::max(value_granted(group), state_granted(group));
    const Cycle in_order = last_admitted_ == kNever ? 0 : last_admitted_ + 1;
    const Cycle at = std::max({group.score_start + 1, in_order, granted});
    if (at > now) {
        waiting_ = at == kNever;
        wake(at);
        return;
    }
    const LaneGroup admitted = std::move(groups_.front());
    groups_.pop_front();
    admit(admitted, now);
    if (!groups_.empty()) wake(now + 1);
}

void ValueStage::admit(const LaneGroup& group, Cycle now) {
    const spec::DeviceParams& p = core_.params;
    const spec::Command& c = group.attend->command;
    const Cycle known = group.score_start + spec::max_known_after(p, c.keys);
    const Cycle spaced =
        admitted_ == 0 ? 0 : last_value_ + spec::value_spacing(p, last_keys_, c.keys);
    const Cycle value = std::max({known, spaced, now + 1});
    account(group, value);
    last_admitted_ = now;
    last_value_ = value;
    last_keys_ = c.keys;
    // S(g) is at least V(g-2) + 1 - score_lead, and not before this admission is visible.
    const Cycle lead = spec::score_lead(p);
    buffer_free_[admitted_ % buffer_free_.size()] =
        std::max(now + 1, value + 1 > lead ? value + 1 - lead : 0);
    ++admitted_;
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
    retired_.post(merged + 1);
    retired_.trim(now);
    ended_.post(merged + 1);
    ended_.trim(now);
    core_.trace.retired(group.attend->number, merged);
    ++core_.counters[Counter::kCommandsRetired];
    ++core_.counters[Counter::kAttendsRetired];
    core_.dispatch->on_retired(merged);
    core_.wake_for_abort(merged + 1);
}

/// Books the cycles from the end of the last group's keys to `value`.
void ValueStage::account(const LaneGroup& group, Cycle value) {
    Cycle from = std::max(busy_end_, core_.counters.start());
    const auto until = [&](Cycle at, uint64_t& bucket) {
        const Cycle end = std::min(std::max(at, from), value);
        bucket += end - from;
        from = end;
    };
    until(group.score_start + 1, idle_);
    until(value_granted(group), stall_v_);
    until(state_granted(group), stall_state_);
    until(value, stall_score_);
    const Cycle cycles = spec::group_cycles(core_.params, group.attend->command.keys);
    busy_ += cycles;
    busy_end_ = value + cycles;
}

/// After an error: does this group wait for a bank that nobody will ever release? If that may still
/// become true, comes back.
bool ValueStage::hopeless(const LaneGroup& group, Cycle now) {
    // A group is looked at from the cycle after its first key on, as by admission.
    if (!core_.errors.halted(now) || now <= group.score_start || now == last_admitted_)
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
    if (aborted_ == now) return true;
    if (groups_.empty() || !hopeless(groups_.front(), now)) return false;
    aborted_ = now;
    groups_.clear();
    core_.score->abort(now);
    core_.score->wake(now + 1);
    while (ended_.posted() < core_.score->started()) ended_.post(std::max(now + 1, ended_.last()));
    return true;
}

void ValueStage::report(Cycle end, CounterValues& out) const {
    const Cycle from = std::max(busy_end_, core_.counters.start());
    const auto set = [&](Counter c, uint64_t v) { out[static_cast<size_t>(c)] = v; };
    set(Counter::kValueBusy, busy_);
    set(Counter::kValueStallV, stall_v_);
    set(Counter::kValueStallState, stall_state_);
    set(Counter::kValueStallScore, stall_score_);
    set(Counter::kValueIdle, idle_ + (end > from ? end - from : 0));
}

void ValueStage::clear_activity() {
    busy_ = stall_v_ = stall_state_ = stall_score_ = idle_ = 0;
    busy_end_ = 0;
}

void ValueStage::clear() {
    groups_.clear();
    admitted_ = 0;
    last_value_ = 0;
    last_admitted_ = aborted_ = kNever;
    last_keys_ = 0;
    waiting_ = false;
    retired_ = ended_ = Milestones();
    clear_activity();
}

}  // namespace tessera::hw
