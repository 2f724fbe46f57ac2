// SPDX-License-Identifier: MIT
// Fills banks from memory. One command at a time presents its addresses, one a cycle; the data of
// several may be on its way, and arrives in order. A gather reads its whole index list first.
#pragma once
#include <deque>

#include "hw_model/device_unit.h"
#include "hw_model/load/load_timing.h"
#include "hw_model/memory/burst.h"

namespace tessera::hw {

class LoadEngine : public DeviceUnit {
  public:
    LoadEngine(const sc_core::sc_module_name& name, Core& core) : DeviceUnit(name, core) {}

    CommandQueue& queue() { return state_.timing.queue; }
    /// Loads retired, and loads started that are not over yet (retired or failed).
    const Milestones& retired() const { return state_.timing.retired; }
    uint64_t active(Cycle now) const { return state_.started.count(now) - state_.ended.count(now); }
    /// The next cycle in which that number is seen to fall, if it is known.
    Cycle next_end(Cycle now) const { return state_.ended.next(now); }
    /// Is the head waiting for a bank whose release is not known yet?
    bool waiting() const { return state_.wait == Wait::kBank; }
    /// A read burst ends, visible from cycle `at` on.
    void on_port_end(Cycle at) {
        if (state_.wait == Wait::kPort) wake(at);
    }

    /// A burst's schedule is certain; `data` is nullptr in timing-only runs.
    void on_read(const uint8_t* data, uint32_t beats, const BurstSchedule& schedule);
    void clear() override { state_ = State(); }

  private:
    /// A load that has started and is not over.
    struct Load {
        Dispatched d;
        Cycle head = 0, start = kNever;
        uint32_t row_beats = 0;
        uint64_t beats_left = 0;  // of rows, data not yet scheduled
        uint32_t index_beats_left = 0;
        uint32_t indices_seen = 0;
        std::vector<uint32_t> index;  // gather: row numbers
        uint32_t row = 0, beat = 0;   // next beat of data
        bool failed = false;
    };
    void act(Cycle now) override;
    bool port_free(Cycle now);
    void start(Cycle now);
    void present(Load& load, Cycle now);
    void take_indices(Load& load, const uint8_t* data, uint32_t beats, const BurstSchedule& s);
    void take_rows(Load& load, const uint8_t* data, uint32_t beats);
    void write_elements(Load& load, const uint8_t* data, uint32_t beats);
    void write_state(Load& load, const uint8_t* data, uint32_t beats);
    void finish(Load& load, Cycle last_beat);
    void count_bytes(Load& load, uint32_t beats, bool index);

    /// Why the next address is not presented, where this unit does not know until when.
    enum class Wait : uint32_t {
        kNone,
        kBank,  // the head waits for a bank, whose release wakes this unit
        kPort,  // as many bursts are outstanding as may be: the end of one wakes this unit
    };
    struct State {
        LoadTiming timing;
        std::deque<Load> loads;  // started and not over, oldest first; the last may be presenting
        Wait wait = Wait::kNone;
        Milestones started, ended;
    };
    State state_;
};

}  // namespace tessera::hw
