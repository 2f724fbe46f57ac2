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

void ScoreStage::act(Cycle now) {
    if (core_.value->aborts(now)) return;
    ScoreTiming& timing = state_.timing;
    state_.waiting = false;
    if (!timing.current) {
        if (timing.queue.head(now) == nullptr) return;
        if (core_.errors.halted(now)) {
            timing.queue.discard(now);
            return;
        }
    }
    const Cycle at = timing.next(core_.params, core_.scoreboard, core_.value->timing());
    if (at <= now) {
        enter(now);
        return;
    }
    // A release wakes this unit if it waits for one, an admission does always.
    state_.waiting = at == kNever;
    wake(at);
}

void ScoreStage::enter(Cycle now) {
    ScoreTiming& timing = state_.timing;
    account(now);
    if (!timing.current) {
        state_.started.post(now + 1);
        state_.started.trim(now);
        core_.trace.started(timing.queue.oldest()->number, now);
    }
    LaneGroup group = timing.enter(core_.params, core_.scoreboard, now);
    if (!core_.timing_only) core_.worker.score(group);
    const Cycle cycles = timing.keys_end - now;
    core_.counters.book_keys(TimeLine::kScore, now, cycles);
    Counters& n = core_.counters;
    n[Counter::kSramQRead] += cycles * core_.params.lanes;
    n[Counter::kSramKRead] += group.keys.count;
    n[Counter::kSramScoreWrite] += cycles * core_.params.lanes;
    if (group.last) {
        core_.released(Engine::kCompute, group.operands_free);
        core_.dispatch->on_room(now + 1);
    }
    core_.value->hand_over(std::move(group), now);
    // Halted, what is behind the last group is dropped at once.
    wake(core_.errors.halted(now) ? now + 1 : timing.keys_end);
}

void ScoreStage::abort(Cycle now) {
    // An ATTEND that is entering leaves the queue now, what is behind it in the next cycle.
    if (!state_.timing.current) state_.timing.queue.discard(now);
    state_.timing.current.reset();
}

/// Books the cycles since the last key entered, up to `now`.
void ScoreStage::account(Cycle now) {
    Counters::Gap gap = core_.counters.gap(core_.trace, TimeLine::kScore, now);
    if (!state_.timing.current) {
        const Dispatched& d = *state_.timing.queue.head(now);
        gap.idle_until(state_.timing.queue.head_from(), Counter::kScoreIdle);
        gap.until(d.granted(core_.scoreboard, Engine::kCompute, BankKind::kQ),
                  Counter::kScoreStallQ);
        gap.until(d.granted(core_.scoreboard, Engine::kCompute, BankKind::kK),
                  Counter::kScoreStallK);
    }
    gap.until(now, Counter::kScoreStallBuffer);
}

}  // namespace tessera::hw
