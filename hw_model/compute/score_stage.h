// SPDX-License-Identifier: MIT
// First half of the compute engine: keys enter lane group by lane group, scores are scaled, masked
// and put into the score buffer while the row maxima are tracked. Starts ATTENDs (S(0)).
#pragma once
#include "hw_model/compute/compute_timing.h"
#include "hw_model/device_unit.h"

namespace tessera::hw {

class ScoreStage : public DeviceUnit {
  public:
    ScoreStage(const sc_core::sc_module_name& name, Core& core);

    CommandQueue& queue() { return state_.timing.queue; }
    /// ATTENDs started and not over.
    uint64_t active(Cycle now) const;
    uint64_t started() const { return state_.started.posted(); }
    bool waiting() const { return state_.waiting; }

    /// Error: the pipeline is dropped; its commands are over from the next cycle on.
    void abort(Cycle now);
    void clear() override { state_ = State(); }

  private:
    void act(Cycle now) override;
    void enter(Cycle now);
    void account(Cycle now);

    struct State {
        ScoreTiming timing;
        bool waiting = false;
        Milestones started;
    };
    State state_;
};

}  // namespace tessera::hw
