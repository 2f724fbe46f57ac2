// SPDX-License-Identifier: MIT
// Reads state rows a beat a cycle, divides by l, collects whole bursts in the store FIFO and writes
// them. Follows the merge row by row: a row may be read as soon as it is in the bank. Also writes
// the completion record of a FENCE. One command reads at a time; responses of several may be
// outstanding.
#pragma once
#include <deque>

#include "hw_model/device_unit.h"
#include "hw_model/memory/burst.h"
#include "hw_model/store/store_timing.h"

namespace tessera::hw {

class StoreEngine : public DeviceUnit {
  public:
    StoreEngine(const sc_core::sc_module_name& name, Core& core);

    CommandQueue& queue() { return state_.timing.queue; }
    const Milestones& retired() const { return state_.timing.retired; }
    /// Stores started and not over (retired or failed).
    uint64_t active(Cycle now) const { return state_.started.count(now) - state_.ended.count(now); }
    /// The next cycle in which that number is seen to fall, if it is known.
    Cycle next_end(Cycle now) const { return state_.ended.next(now); }
    bool waiting() const { return state_.waiting; }
    /// A write burst ends, visible from cycle `at` on.
    void on_port_end(Cycle at) {
        if (state_.port_blocked) wake(at);
    }
    /// The schedule of the oldest write burst is certain.
    void on_written(uint32_t beats, const BurstSchedule& schedule);
    void clear() override { state_ = State(); }

  private:
    /// A store that has started.
    struct Store {
        Dispatched d;
        Cycle head = 0, start = kNever;
        uint32_t unanswered = 0;  // bursts presented without a response
        bool all_presented = false;
        bool failed = false;
    };
    void act(Cycle now) override;
    bool begin(Cycle now);
    bool read_ahead(Cycle now);
    void read_row();
    void present(Cycle now);
    void finish(Store& store, Cycle response);

    /// Reading and presenting go on side by side, so the flags are independent of each other.
    struct State {
        StoreTiming timing;
        std::deque<Store> stores;         // started and not over; the last may be reading
        bool reading = false;             // the head of the queue has started and still presents
        bool waiting = false;             // the next beat waits for a row or room in the FIFO
        bool port_blocked = false;        // the next burst waits for one to end
        std::vector<uint32_t> row_words;  // the row being read, as memory will hold it
        std::vector<uint8_t> fifo;        // bytes of beats read and not presented
        Milestones started, ended;
    };
    State state_;
    std::vector<uint32_t> elements_;  // of the row being read; nothing is kept in it
};

}  // namespace tessera::hw
