// SPDX-License-Identifier: MIT
// Second half of the compute engine: scores become weights, weights times values are summed, and
// finished rows are merged into the state bank. A group is admitted when its V and state banks are
// free; from then on its cycles are certain. docs/contract/timing.md.
#pragma once
#include "hw_model/compute/score_stage.h"

namespace tessera::hw {

class ValueStage : public Unit {
  public:
    ValueStage(const sc_core::sc_module_name& name, Core& core) : Unit(name), core_(core) {}

    void hand_over(LaneGroup group, Cycle now);
    /// The earliest cycle in which group number `n` since reset may enter the score stage, as far
    /// as its score buffer is concerned; kNever if not known yet.
    Cycle buffer_free(uint64_t n) const;
    /// ATTENDs retired, and those over: retired or aborted.
    const Milestones& retired() const { return retired_; }
    uint64_t ended(Cycle now) const { return ended_.count(now); }
    /// Is the pipeline dropped in this very cycle? Both stages ask before they do anything.
    bool aborts(Cycle now);
    bool waiting() const { return waiting_; }

    void report(Cycle end, CounterValues& out) const;
    void clear_activity();
    void clear();

  private:
    void step(Cycle now) override;
    void admit(const LaneGroup& group, Cycle now);
    void retire(const LaneGroup& group, Cycle value, Cycle merged, Cycle now);
    void account(const LaneGroup& group, Cycle value);
    bool hopeless(const LaneGroup& group, Cycle now);
    Cycle value_granted(const LaneGroup& group) const;
    Cycle state_granted(const LaneGroup& group) const;

    Core& core_;
    std::deque<LaneGroup> groups_;        // handed over, not admitted
    uint64_t admitted_ = 0;               // groups since reset
    std::array<Cycle, 4> buffer_free_{};  // per group number modulo 4
    Cycle last_value_ = 0, last_admitted_ = kNever;
    Cycle aborted_ = kNever;
    uint32_t last_keys_ = 0;
    bool waiting_ = false;
    Milestones retired_, ended_;
    Cycle busy_end_ = 0;
    uint64_t busy_ = 0, stall_v_ = 0, stall_state_ = 0, stall_score_ = 0, idle_ = 0;
};

}  // namespace tessera::hw
