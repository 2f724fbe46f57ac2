// SPDX-License-Identifier: MIT
// First half of the compute engine: keys enter lane group by lane group, scores are scaled, masked
// and put into one of two score buffers while the row maxima are tracked. Starts ATTENDs (S(0)).
#pragma once
#include "hw_model/compute/lane_group.h"
#include "hw_model/core/core.h"
#include "hw_model/core/unit.h"

namespace tessera::hw {

class ScoreStage : public Unit {
  public:
    ScoreStage(const sc_core::sc_module_name& name, Core& core);

    CommandQueue& queue() { return queue_; }
    /// ATTENDs started and not over.
    uint64_t active(Cycle now) const;
    uint64_t started() const { return started_.posted(); }
    bool waiting() const { return waiting_; }

    /// Totals of the cycles before `end`.
    void report(Cycle end, CounterValues& out) const;
    void clear_activity();
    /// Error: the pipeline is dropped; its commands are over from the next cycle on.
    void abort(Cycle now);
    void clear();

  private:
    void step(Cycle now) override;
    bool next_attend(Cycle now);
    Cycle operands_granted(const Dispatched& d) const;
    void enter(Cycle now);
    void account(Cycle now);

    Core& core_;
    CommandQueue queue_;
    std::shared_ptr<const Dispatched> current_;  // the ATTEND whose groups are entering
    uint32_t group_ = 0;                         // next group of current_
    uint64_t entered_ = 0;                       // groups since reset
    Cycle busy_end_ = 0;                         // S + I*n of the last group
    Cycle head_from_ = 0;
    bool waiting_ = false;
    Milestones started_;
    uint64_t busy_ = 0, stall_q_ = 0, stall_k_ = 0, stall_buffer_ = 0, idle_ = 0;
};

}  // namespace tessera::hw
