// SPDX-License-Identifier: MIT
// Fetches descriptors: whole lines of four from the ring, as long as the doorbell is ahead and one
// of the four line buffers is free. Its reads go before all others.
#pragma once
#include <deque>

#include "hw_model/device_unit.h"
#include "hw_model/front/dispatch_timing.h"
#include "hw_model/memory/burst.h"

namespace tessera::hw {

class FrontEnd : public DeviceUnit {
  public:
    FrontEnd(const sc_core::sc_module_name& name, Core& core) : DeviceUnit(name, core) {}

    /// Will the front end present a read address in cycle `now`? Depends on visible values only.
    bool wants_port(Cycle now) const;
    /// No line is in use, and none is fetched in this cycle.
    bool idle(Cycle now) const {
        return state_.buffers.fetched == state_.buffers.freed.count(now) && !wants_port(now);
    }
    /// A line's schedule is certain.
    void on_read(const uint8_t* data, const BurstSchedule& schedule);

    /// The next descriptor, or nullptr if none is visible in cycle `now`.
    const spec::Descriptor* head(Cycle now) const;
    void pop(Cycle now);
    /// A read burst ends, visible from cycle `at` on.
    void on_port_end(Cycle at) {
        if (state_.port_blocked) wake(at);
    }
    void clear() override { state_ = State(); }

  private:
    struct Line {
        // Ring indices: first wanted, next, one past the last.
        uint32_t first = 0, next = 0, end = 0;
        Cycle ready = kNever;
        spec::Descriptor descriptor[spec::kLineDescriptors];
    };
    void act(Cycle now) override;

    struct State {
        uint32_t fetch = 0;  // ring index of the next descriptor to fetch
        std::deque<Line> lines;
        LineTiming buffers;
        bool port_blocked = false;
    };
    State state_;
};

}  // namespace tessera::hw
