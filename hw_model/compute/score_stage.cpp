// SPDX-License-Identifier: MIT
#include "hw_model/compute/score_stage.h"

#include <algorithm>

#include "hw_model/compute/value_stage.h"
#include "hw_model/front/csr.h"
#include "hw_model/front/dispatch.h"

namespace tessera::hw {

using spec::Counter;

ScoreStage::ScoreStage(const sc_core::sc_module_name& name, Core& core) : Unit(name), core_(core) {}

uint64_t ScoreStage::active(Cycle now) const {
    return started_.count(now) - core_.value->ended(now);
}

/// Makes the head of the queue the current command when it may enter. False: none, or not yet.
bool ScoreStage::next_attend(Cycle now) {
    waiting_ = false;
    const Dispatched* head = queue_.head(now);
    if (head == nullptr) return false;
    if (core_.errors.halted(now)) {
        queue_.discard(now);
        return false;
    }
    const Cycle granted = operands_granted(*head);
    if (granted > now) {
        waiting_ = granted == kNever;
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

void ScoreStage::step(Cycle now) {
    core_.csr->reset_if_due(now);
    if (core_.value->aborts(now)) return;
    if (!current_ && !next_attend(now)) return;
    // The buffer of two groups ago must be read before this group's scores arrive.
    const Cycle buffer = core_.value->buffer_free(entered_);
    const Cycle at = std::max(busy_end_, buffer);
    if (at > now) {
        wake(at);  // kNever: the value stage wakes this unit when it knows
        return;
    }
    enter(now);
}

void ScoreStage::enter(Cycle now) {
    const spec::DeviceParams& p = core_.params;
    account(now);
    if (!current_) {
        current_ = std::make_shared<const Dispatched>(*queue_.head(now));
        group_ = 0;
        started_.post(now + 1);
        started_.trim(now);
        core_.trace.started(current_->number, now);
    }
    const spec::Command& c = current_->command;
    LaneGroup group;
    group.attend = current_;
    group.index = group_;
    group.rows = std::min(p.group_rows(), c.rows - group_ * p.group_rows());
    group.last = group_ + 1 == p.groups(c.rows);
    group.score_start = now;
    group.buffer = static_cast<uint32_t>(entered_ % 2);
    if (!core_.timing_only) core_.worker.score(group);
    const Cycle cycles = spec::group_cycles(p, c.keys);
    busy_end_ = now + cycles;
    busy_ += cycles;
    Counters& n = core_.counters;
    n[Counter::kSramQRead] += cycles * p.lanes;
    n[Counter::kSramKRead] += c.keys;
    n[Counter::kSramScoreWrite] += cycles * p.lanes;
    ++entered_;
    ++group_;
    if (group.last) {
        const Cycle free = now + spec::score_release_after(p, c.keys);
        core_.release(Engine::kCompute, {BankKind::kQ, c.q_bank}, free, now);
        core_.release(Engine::kCompute, {BankKind::kK, c.k_bank}, free, now);
        (void)queue_.pop(now);
        head_from_ = now + 1;
        core_.dispatch->on_room(now + 1);
        current_.reset();
    }
    core_.value->hand_over(std::move(group), now);
    // Halted, what is behind the last group is dropped at once.
    wake(core_.errors.halted(now) ? now + 1 : busy_end_);
}

void ScoreStage::abort(Cycle now) {
    // An ATTEND that is entering leaves the queue now, what is behind it in the next cycle.
    if (!current_) queue_.discard(now);
    current_.reset();
}

/// Books the cycles since the last key entered, up to `now`.
void ScoreStage::account(Cycle now) {
    Cycle from = std::max(busy_end_, core_.counters.start());
    if (current_) {
        stall_buffer_ += now - from;
        return;
    }
    const Dispatched& d = *queue_.head(now);
    const spec::Command& c = d.command;
    const auto until = [&](Cycle at, uint64_t& bucket) {
        const Cycle end = std::min(std::max(at, from), now);
        bucket += end - from;
        from = end;
    };
    until(std::max(d.visible_from, head_from_), idle_);
    until(core_.scoreboard.granted(Engine::kCompute, {BankKind::kQ, c.q_bank}, d.q), stall_q_);
    until(core_.scoreboard.granted(Engine::kCompute, {BankKind::kK, c.k_bank}, d.k), stall_k_);
    until(now, stall_buffer_);
}

void ScoreStage::report(Cycle end, CounterValues& out) const {
    const Cycle from = std::max(busy_end_, core_.counters.start());
    const auto set = [&](Counter c, uint64_t v) { out[static_cast<size_t>(c)] = v; };
    set(Counter::kScoreBusy, busy_);
    set(Counter::kScoreStallQ, stall_q_);
    set(Counter::kScoreStallK, stall_k_);
    set(Counter::kScoreStallBuffer, stall_buffer_);
    set(Counter::kScoreIdle, idle_ + (end > from ? end - from : 0));
}

void ScoreStage::clear_activity() {
    busy_ = stall_q_ = stall_k_ = stall_buffer_ = idle_ = 0;
    busy_end_ = 0;
}

void ScoreStage::clear() {
    queue_.clear();
    current_.reset();
    group_ = 0;
    entered_ = 0;
    busy_end_ = head_from_ = 0;
    waiting_ = false;
    started_ = Milestones();
    clear_activity();
}

}  // namespace tessera::hw
