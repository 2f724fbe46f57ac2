// SPDX-License-Identifier: MIT
// First half of the compute engine: keys enter lane group by lane group, scores are scaled, masked
// and put into one of two score buffers while the row maxima are tracked. Starts ATTENDs (S(0)).
#pragma once
#include "hw_model/compute/lane_group.h"
#include "hw_model/device_unit.h"

namespace tessera::hw {

class ScoreStage : public DeviceUnit {
  public:
    ScoreStage(const sc_core::sc_module_name& name, Core& core);

    CommandQueue& queue() { return state_.queue; }
    /// ATTENDs started and not over.
    uint64_t active(Cycle now) const;
    uint64_t started() const { return state_.started.posted(); }
    bool waiting() const { return state_.waiting; }

    /// Error: the pipeline is dropped; its commands are over from the next cycle on.
    void abort(Cycle now);
    void clear() override { state_ = State(); }

  private:
    void act(Cycle now) override;
    bool next_attend(Cycle now);
    Cycle operands_granted(const Dispatched& d) const;
    void enter(Cycle now);
    void account(Cycle now);

    struct State {
        CommandQueue queue;
        std::shared_ptr<const Dispatched> current;  // the ATTEND whose lane groups are entering
        uint32_t group = 0;                         // next lane group of `current`
        uint64_t entered = 0;                       // lane groups since reset
        Cycle keys_end = 0;                         // S + I*n of the last lane group
        Cycle head_from = 0;
        bool waiting = false;
        Milestones started;
    };
    State state_;
};

}  // namespace tessera::hw
