// SPDX-License-Identifier: MIT
#include "hw_model/compute/value_stage.h"

#include <algorithm>

#include "hw_model/front/dispatch.h"
#include "hw_model/load/load_engine.h"
#include "hw_model/store/store_engine.h"

namespace tessera::hw {

using spec::Counter;

void ValueStage::hand_over(LaneGroup group, Cycle now) {
    state_.timing.groups.push_back(std::move(group));
    wake(now + 1);
}

void ValueStage::act(Cycle now) {
    state_.waiting = false;
    if (state_.timing.groups.empty() || aborts(now)) return;
    const Cycle at = state_.timing.next(core_.scoreboard);
    if (at > now) {
        state_.waiting = at == kNever;
        wake(at);
        return;
    }
    admit(now);
    if (!state_.timing.groups.empty()) wake(now + 1);
}

void ValueStage::admit(Cycle now) {
    const spec::DeviceParams& p = core_.params;
    const Cycle value_granted = state_.timing.value_granted(core_.scoreboard);
    const Cycle state_granted = state_.timing.state_granted(core_.scoreboard);
    const ValueTiming::Admission a = state_.timing.admit(p, core_.scoreboard, now);
    core_.score->wake(now + 1);

    // The cycles from the end of the last lane group's keys to V, and those of this one's.
    const spec::Command& c = a.group.command();
    const uint32_t keys = a.group.keys.count;
    const Cycle cycles = spec::group_cycles(p, keys);
    Counters::Gap gap = core_.counters.gap(core_.trace, TimeLine::kValue, a.value_start);
    gap.idle_until(a.group.score_start + 1, Counter::kValueIdle);
    gap.until(value_granted, Counter::kValueStallV);
    gap.until(state_granted, Counter::kValueStallState);
    gap.until(a.value_start, Counter::kValueStallScore);
    core_.counters.book_keys(TimeLine::kValue, a.value_start, cycles);

    if (!core_.timing_only) core_.worker.value(a.group);
    if (core_.store->waiting()) core_.store->wake(a.first_row + 1);
    core_.trace.group({a.group.attend->number, a.group.index, keys, a.group.score_start,
                       a.value_start, a.last_row});
    Counters& n = core_.counters;
    n[Counter::kSramVRead] += keys;
    n[Counter::kSramScoreRead] += cycles * p.lanes;
    n[Counter::kSramStateWrite] += a.group.rows;
    if (c.has(spec::kFlagContinue)) n[Counter::kSramStateRead] += a.group.rows;
    if (a.group.last) retire(a, now);
}

void ValueStage::retire(const ValueTiming::Admission& admission, Cycle now) {
    core_.released(Engine::kCompute, admission.value_free);
    core_.released(Engine::kCompute, admission.last_row + 1);
    state_.ended.post(admission.last_row + 1);
    state_.ended.trim(now);
    core_.trace.retired(admission.group.attend->number, admission.last_row);
    ++core_.counters[Counter::kCommandsRetired];
    ++core_.counters[Counter::kAttendsRetired];
    core_.dispatch->on_retired(admission.last_row);
    core_.wake_for_abort(admission.last_row + 1);
}

/// After an error: does the oldest group wait for a bank that nobody will ever release? If that may
/// still become true, comes back.
bool ValueStage::hopeless(Cycle now) {
    const ValueTiming& timing = state_.timing;
    // A group is looked at from the cycle after its first key on, as by admission.
    if (!core_.errors.halted(now) || now <= timing.groups.front().score_start ||
        now < timing.admission_from)
        return false;
    const bool no_value = timing.value_granted(core_.scoreboard) == kNever;
    if (!no_value && timing.state_granted(core_.scoreboard) != kNever) return false;
    if (core_.load->active(now) == 0 && (no_value || core_.store->active(now) == 0)) return true;
    wake(core_.load->next_end(now));
    wake(core_.store->next_end(now));
    return false;
}

/// After an error: drops all groups not admitted if the oldest is hopeless. Tickets are those of a
/// command, so no group of these ATTENDs was admitted. They are over when the ones before them are.
bool ValueStage::aborts(Cycle now) {
    if (state_.aborted == now) return true;
    if (state_.timing.groups.empty() || !hopeless(now)) return false;
    state_.aborted = now;
    state_.timing.groups.clear();
    core_.score->abort(now);
    core_.score->wake(now + 1);
    while (state_.ended.posted() < core_.score->started())
        state_.ended.post(std::max(now + 1, state_.ended.last()));
    return true;
}

}  // namespace tessera::hw
