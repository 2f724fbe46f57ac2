// SPDX-License-Identifier: MIT
// Second half of the compute engine: scores become weights, weights times values are summed, and
// finished rows are merged into the state bank. A group is admitted when its V and state banks are
// free; from then on its cycles are certain. docs/contract/timing.md.
#pragma once
#include "hw_model/compute/score_stage.h"

namespace tessera::hw {

class ValueStage : public DeviceUnit {
  public:
    ValueStage(const sc_core::sc_module_name& name, Core& core) : DeviceUnit(name, core) {}

    void hand_over(LaneGroup group, Cycle now);
    /// The earliest cycle in which group number `n` since reset may enter the score stage, as far
    /// as its score buffer is concerned; kNever if not known yet.
    Cycle buffer_free(uint64_t n) const;
    /// ATTENDs retired, and those over: retired or aborted.
    const Milestones& retired() const { return state_.retired; }
    uint64_t ended(Cycle now) const { return state_.ended.count(now); }
    /// Is the pipeline dropped in this very cycle? Both stages ask before they do anything.
    bool aborts(Cycle now);
    bool waiting() const { return state_.waiting; }

    void clear() override { state_ = State(); }

  private:
    void act(Cycle now) override;
    void admit(const LaneGroup& group, Cycle now);
    void retire(const LaneGroup& group, Cycle value, Cycle merged, Cycle now);
    void account(const LaneGroup& group, Cycle value);
    bool hopeless(const LaneGroup& group, Cycle now);
    Cycle value_granted(const LaneGroup& group) const;
    Cycle state_granted(const LaneGroup& group) const;

    struct State {
        std::deque<LaneGroup> groups;        // handed over, not admitted
        uint64_t admitted = 0;               // lane groups since reset
        std::array<Cycle, 4> buffer_free{};  // per lane group number modulo 4
        Cycle last_value = 0, last_admitted = kNever;
        Cycle aborted = kNever;
        uint32_t last_keys = 0;
        bool waiting = false;
        Milestones retired, ended;
    };
    State state_;
};

}  // namespace tessera::hw
