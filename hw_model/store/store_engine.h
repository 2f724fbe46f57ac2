// SPDX-License-Identifier: MIT
// Reads state rows a beat a cycle, divides by l, collects whole bursts in the store FIFO and writes
// them. Follows the merge row by row: a row may be read as soon as it is in the bank. Also writes
// the completion record of a FENCE. One command reads at a time; responses of several may be
// outstanding.
#pragma once
#include <deque>

#include "hw_model/core/core.h"
#include "hw_model/core/unit.h"
#include "hw_model/front/command_queue.h"
#include "hw_model/memory/burst.h"
#include "hw_model/memory/burst_plan.h"

namespace tessera::hw {

class StoreEngine : public Unit {
  public:
    StoreEngine(const sc_core::sc_module_name& name, Core& core);

    CommandQueue& queue() { return queue_; }
    const Milestones& retired() const { return retired_; }
    /// Stores started and not over (retired or failed).
    uint64_t active(Cycle now) const { return started_.count(now) - ended_.count(now); }
    /// The next cycle in which that number is seen to fall, if it is known.
    Cycle next_end(Cycle now) const { return ended_.next(now); }
    bool waiting() const { return waiting_; }
    /// A write burst ends, visible from cycle `at` on.
    void on_port_end(Cycle at) {
        if (port_blocked_) wake(at);
    }
    /// The schedule of the oldest write burst is certain.
    void on_written(uint32_t beats, const BurstSchedule& schedule);
    void report(Cycle end, uint64_t& busy, uint64_t& stall, uint64_t& idle) const {
        activity_.report(end, core_.counters.start(), busy, stall, idle);
    }
    void clear_activity() { activity_.clear(); }
    void clear();

  private:
    /// A store that has started.
    struct Store {
        Dispatched d;
        Cycle head = 0, start = kNever;
        uint32_t unanswered = 0;  // bursts presented without a response
        bool all_presented = false;
        bool failed = false;
    };
    /// FIFO space given back by a burst whose last beat has left.
    struct Freed {
        Cycle visible_from;
        uint64_t beats;  // since reset, with this burst
    };
    void step(Cycle now) override;
    bool begin(Cycle now);
    bool read_ahead(Cycle now);
    Cycle beat_granted() const;
    Cycle row_granted(const Dispatched& d, uint32_t row) const;
    void read_row();
    void present(Cycle now);
    void finish(Store& store, Cycle response);
    void finish_fence(const Store& store, Cycle response);

    Core& core_;
    const uint32_t fifo_beats_;
    CommandQueue queue_;
    std::deque<Store> stores_;  // started and not over; the last may be reading
    bool reading_ = false;      // the head of the queue has started and still presents
    bool waiting_ = false, port_blocked_ = false;
    Cycle head_from_ = 0;

    // The command at the head.
    uint32_t row_beats_ = 0, row_ = 0, beat_ = 0;
    uint64_t beats_left_ = 0;  // to read
    BurstPlan plan_;
    BurstPlan::Burst burst_;           // next to present
    Cycle next_read_ = 0;              // the state bank is read once a cycle
    std::vector<uint32_t> row_words_;  // the row being read, as memory will hold it
    std::vector<uint32_t> elements_;
    std::vector<uint8_t> fifo_;    // bytes of beats read and not presented
    std::deque<Cycle> fifo_from_;  // when each of these beats is in the FIFO
    Cycle last_address_ = kNever;

    uint64_t beats_read_ = 0;  // since reset
    std::deque<Freed> freed_;
    uint64_t freed_floor_ = 0;  // beats freed that freed_ no longer lists
    Milestones started_, ended_, retired_;
    OverlappedActivity activity_;
};

}  // namespace tessera::hw
