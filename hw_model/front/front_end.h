// SPDX-License-Identifier: MIT
// Fetches descriptors: whole lines of four from the ring, as long as the doorbell is ahead and one
// of the four line buffers is free. Its reads go before all others.
#pragma once
#include <deque>

#include "hw_model/core/core.h"
#include "hw_model/core/unit.h"
#include "hw_model/memory/burst.h"

namespace tessera::hw {

class FrontEnd : public Unit {
  public:
    FrontEnd(const sc_core::sc_module_name& name, Core& core) : Unit(name), core_(core) {}

    /// Will the front end present a read address in cycle `now`? Depends on visible values only.
    bool wants_port(Cycle now) const;
    /// No line is in use, and none is fetched in this cycle.
    bool idle(Cycle now) const { return fetched_ == freed_.count(now) && !wants_port(now); }
    /// A line's schedule is certain.
    void on_read(const uint8_t* data, const BurstSchedule& schedule);

    /// The next descriptor, or nullptr if none is visible in cycle `now`.
    const spec::Descriptor* head(Cycle now) const;
    void pop(Cycle now);
    /// A read burst ends, visible from cycle `at` on.
    void on_port_end(Cycle at) {
        if (port_blocked_) wake(at);
    }
    void clear();

  private:
    struct Line {
        uint32_t first = 0, next = 0,
                 end = 0;  // ring indices: first wanted, next, one past the last
        Cycle ready = kNever;
        spec::Descriptor descriptor[spec::kLineDescriptors];
    };
    void step(Cycle now) override;

    Core& core_;
    uint32_t fetch_ = 0;  // ring index of the next descriptor to fetch
    std::deque<Line> lines_;
    uint64_t fetched_ = 0;
    bool port_blocked_ = false;
    Milestones freed_;
};

}  // namespace tessera::hw
