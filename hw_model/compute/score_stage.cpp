// SPDX-License-Identifier: MIT
#include "hw_model/compute/score_stage.h"

#include <algorithm>

#include "hw_model/compute/value_stage.h"
#include "hw_model/front/dispatch.h"

namespace tessera::hw {

using spec::Counter;

ScoreStage::ScoreStage(const sc_core::sc_module_name& name, Core& core) : DeviceUnit(name, core) {}

uint64_t ScoreStage::active(Cycle now) const {
    return state_.started.count(now) - core_.value->ended(now);
}

/// Makes the head of the queue the current command when it may enter. False: none, or not yet.
bool ScoreStage::next_attend(Cycle now) {
    state_.waiting = false;
    const Dispatched* head = state_.queue.head(now);
    if (head == nullptr) return false;
    if (core_.errors.halted(now)) {
        state_.queue.discard(now);
        return false;
    }
    const Cycle granted = operands_granted(*head);
    if (granted > now) {
        state_.waiting = granted == kNever;
        wake(granted);
        return false;
    }
    return true;
}

Cycle ScoreStage::operands_granted(const Dispatched& d) const {
    const spec::Command& c = d.command;
    return std::max(core_.scoreboard.granted(Engine::kCompute, {BankKind::kQ, c.q_bank}, d.q),
                    core_.scoreboard.granted(Engine::kCompute, {BankKind::kK, c.k_bank}, d.k));
}

void ScoreStage::act(Cycle now) {
    if (core_.value->aborts(now)) return;
    if (!state_.current && !next_attend(now)) return;
    // The buffer of two groups ago must be read before this group's scores arrive.
    const Cycle buffer = core_.value->buffer_free(state_.entered);
    const Cycle at = std::max(state_.keys_end, buffer);
    if (at > now) {
        wake(at);  // kNever: the value stage wakes this unit when it knows
        return;
    }
    enter(now);
}

void ScoreStage::enter(Cycle now) {
    const spec::DeviceParams& p = core_.params;
    account(now);
    if (!state_.current) {
        state_.current = std::make_shared<const Dispatched>(*state_.queue.head(now));
        state_.group = 0;
        state_.started.post(now + 1);
        state_.started.trim(now);
        core_.trace.started(state_.current->number, now);
    }
    const spec::Command& c = state_.current->command;
    LaneGroup group;
    group.attend = state_.current;
    group.index = state_.group;
    group.rows = std::min(p.group_rows(), c.rows - state_.group * p.group_rows());
    group.last = state_.group + 1 == p.groups(c.rows);
    group.score_start = now;
    group.buffer = static_cast<uint32_t>(state_.entered % 2);
    if (!core_.timing_only) core_.worker.score(group);
    const Cycle cycles = spec::group_cycles(p, c.keys);
    state_.keys_end = now + cycles;
    core_.counters.book_keys(TimeLine::kScore, now, cycles);
    Counters& n = core_.counters;
    n[Counter::kSramQRead] += cycles * p.lanes;
    n[Counter::kSramKRead] += c.keys;
    n[Counter::kSramScoreWrite] += cycles * p.lanes;
    ++state_.entered;
    ++state_.group;
    if (group.last) {
        const Cycle free = now + spec::score_release_after(p, c.keys);
        core_.release(Engine::kCompute, {BankKind::kQ, c.q_bank}, free, now);
        core_.release(Engine::kCompute, {BankKind::kK, c.k_bank}, free, now);
        (void)state_.queue.pop(now);
        state_.head_from = now + 1;
        core_.dispatch->on_room(now + 1);
        state_.current.reset();
    }
    core_.value->hand_over(std::move(group), now);
    // Halted, what is behind the last group is dropped at once.
    wake(core_.errors.halted(now) ? now + 1 : state_.keys_end);
}

void ScoreStage::abort(Cycle now) {
    // An ATTEND that is entering leaves the queue now, what is behind it in the next cycle.
    if (!state_.current) state_.queue.discard(now);
    state_.current.reset();
}

/// Books the cycles since the last key entered, up to `now`.
void ScoreStage::account(Cycle now) {
    Counters::Gap gap = core_.counters.gap(TimeLine::kScore, now);
    if (!state_.current) {
        const Dispatched& d = *state_.queue.head(now);
        const spec::Command& c = d.command;
        gap.until(std::max(d.visible_from, state_.head_from), Counter::kScoreIdle);
        gap.until(core_.scoreboard.granted(Engine::kCompute, {BankKind::kQ, c.q_bank}, d.q),
                  Counter::kScoreStallQ);
        gap.until(core_.scoreboard.granted(Engine::kCompute, {BankKind::kK, c.k_bank}, d.k),
                  Counter::kScoreStallK);
    }
    gap.until(now, Counter::kScoreStallBuffer);
}

}  // namespace tessera::hw
