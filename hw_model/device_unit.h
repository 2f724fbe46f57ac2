// SPDX-License-Identifier: MIT
// A unit of the device, as opposed to one of the memory behind it: it shares the device's core and
// its process, and a soft reset clears it.
#pragma once
#include "hw_model/core/simulated_time.h"
#include "hw_model/core/wake_list.h"
#include "hw_model/device_core.h"

namespace tessera::hw {

class DeviceUnit : public sc_core::sc_module {
  public:
    /// Run act() in cycle `at` (this one or a later one). kNever is ignored.
    void wake(Cycle at) {
        wakes_.add(at);
        core_.process.set_next(number_, wakes_.next());
    }
    /// Cycle `now` has come. A reset that is due is done first.
    void step(Cycle now) {
        wakes_.pass(now);
        core_.process.set_next(number_, wakes_.next());
        core_.reset_if_due(now);
        act(now);
    }
    /// Soft reset: all state as it was at first.
    virtual void clear() = 0;

  protected:
    DeviceUnit(const sc_core::sc_module_name& name, Core& core,
               DeviceProcess::Pace pace = DeviceProcess::Pace::kAhead)
        : sc_core::sc_module(name), core_(core), number_(core.process.add(*this, pace)) {}
    /// Do everything that is due in cycle `now`. May be called more than once in a cycle, and in
    /// cycles in which nothing is due.
    virtual void act(Cycle now) = 0;

    Core& core_;

  private:
    const size_t number_;  ///< in the device's process
    WakeList wakes_;
};

}  // namespace tessera::hw
