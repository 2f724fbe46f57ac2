// SPDX-License-Identifier: MIT
// A SystemC process that runs only in the cycles in which something can happen. Units tell each
// other values together with the cycle from which they are visible, never the current one, so the
// order of processes within a cycle cannot matter.
#pragma once
#include <systemc>

#include "hw_model/core/simulated_time.h"
#include "hw_model/core/wake_list.h"

namespace tessera::hw {

class Unit : public sc_core::sc_module {
  public:
    SC_HAS_PROCESS(Unit);
    /// Run step() in cycle `at` (this one or a later one). kNever is ignored.
    void wake(Cycle at);

  protected:
    explicit Unit(const sc_core::sc_module_name& name);
    /// Do everything that is due in cycle `now`. May be called more than once in a cycle, and in
    /// cycles in which nothing is due.
    virtual void step(Cycle now) = 0;
    /// As wake(), and whatever was asked for before is forgotten.
    void wake_only(Cycle at);

  private:
    void run();
    void arm();

    sc_core::sc_event event_;
    WakeList wakes_;
    Cycle armed_ = kNever;
};

}  // namespace tessera::hw
