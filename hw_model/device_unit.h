// SPDX-License-Identifier: MIT
// A unit of the device, as opposed to one of the memory behind it: it shares the device's core, and
// a soft reset clears it.
#pragma once
#include "hw_model/core/unit.h"
#include "hw_model/device_core.h"

namespace tessera::hw {

class DeviceUnit : public Unit {
  public:
    /// Soft reset: all state as it was at first.
    virtual void clear() = 0;

  protected:
    DeviceUnit(const sc_core::sc_module_name& name, Core& core) : Unit(name), core_(core) {}
    /// Do everything that is due in cycle `now`, as Unit::step().
    virtual void act(Cycle now) = 0;

    Core& core_;

  private:
    void step(Cycle now) final {
        core_.reset_if_due(now);
        act(now);
    }
};

}  // namespace tessera::hw
