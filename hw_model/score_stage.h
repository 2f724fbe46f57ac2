// SPDX-License-Identifier: MIT
// First half of the compute engine: keys enter lane group by lane group, scores are scaled, masked
// and put into one of two score buffers while the row maxima are tracked. Starts ATTENDs (S(0)).
#pragma once
#include <memory>

#include "hw_model/command_queue.h"
#include "hw_model/core.h"
#include "hw_model/tile_kernel.h"
#include "hw_model/unit.h"

namespace tessera::hw {

/// One lane group on its way through the compute engine.
struct LaneGroup {
    std::shared_ptr<const Dispatched> attend;
    uint32_t index = 0;   ///< within the command
    uint32_t rows = 0;    ///< valid rows
    bool last = false;    ///< of the command
    Cycle score = 0;      ///< S: first key entered
    uint32_t buffer = 0;  ///< where its scores are
};

class ScoreStage : public Unit {
  public:
    ScoreStage(const sc_core::sc_module_name& name, Core& core);

    CommandQueue& queue() { return queue_; }
    /// ATTENDs started and not over.
    uint64_t active(Cycle now) const;
    uint64_t started() const { return started_.posted(); }
    bool waiting() const { return waiting_; }
    const GroupScores& scores(uint32_t buffer) const { return buffers_[buffer]; }

    /// Totals of the cycles before `end`.
    void report(Cycle end, CounterValues& out) const;
    void clear_activity();
    /// Error: the pipeline is dropped; its commands are over from the next cycle on.
    void abort() { current_.reset(); }
    void clear();

  private:
    static constexpr uint32_t kBuffers = 2;
    void step(Cycle now) override;
    bool next_attend(Cycle now);
    Cycle operands_granted(const Dispatched& d) const;
    void enter(Cycle now);
    void account(Cycle now);
    void compute(const LaneGroup& group);

    Core& core_;
    CommandQueue queue_;
    std::shared_ptr<const Dispatched> current_;  // the ATTEND whose groups are entering
    uint32_t group_ = 0;                         // next group of current_
    uint64_t entered_ = 0;                       // groups since reset
    Cycle busy_end_ = 0;                         // S + I*n of the last group
    Cycle head_from_ = 0;
    bool waiting_ = false;
    Milestones started_;
    std::array<GroupScores, kBuffers> buffers_;
    std::array<PreparedKeys, spec::kBanks> keys_;
    std::array<uint64_t, spec::kBanks> keys_version_{};
    uint64_t busy_ = 0, stall_q_ = 0, stall_k_ = 0, stall_buffer_ = 0, idle_ = 0;
};

}  // namespace tessera::hw
