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
    const ValueTiming& timing() const { return state_.timing; }
    /// ATTENDs retired, and those over: retired or aborted.
    const Milestones& retired() const { return state_.timing.retired; }
    uint64_t ended(Cycle now) const { return state_.ended.count(now); }
    /// Is the pipeline dropped in this very cycle? Both stages ask before they do anything.
    bool aborts(Cycle now);
    bool waiting() const { return state_.waiting; }

    void clear() override { state_ = State(); }

  private:
    void act(Cycle now) override;
    void admit(Cycle now);
    void retire(const ValueTiming::Admission& admission, Cycle now);
    bool hopeless(Cycle now);

    struct State {
        ValueTiming timing;
        Cycle aborted = kNever;
        bool waiting = false;
        Milestones ended;
    };
    State state_;
};

}  // namespace tessera::hw
