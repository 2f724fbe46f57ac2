// SPDX-License-Identifier: MIT
// The one SystemC process of a device. It has the units act in the cycles that they asked for, and
// goes on to the next such cycle by itself, ahead of the SystemC kernel, up to the first cycle in
// which any other process has something to do. Events are what a simulation takes most time for.
#pragma once
#include <vector>

#include "hw_model/core/unit.h"

namespace tessera::hw {

class DeviceUnit;

class DeviceProcess : public Unit {
  public:
    explicit DeviceProcess(const sc_core::sc_module_name& name) : Unit(name) {}

    /// When a unit may act.
    enum class Pace {
        kAhead,   ///< ahead of the kernel, too
        kInTurn,  ///< in the kernel's cycle: it tells other processes something without saying from
                  ///< which cycle on
    };
    /// Takes in a unit, which lives as long as this; returns its number.
    size_t add(DeviceUnit& unit, Pace pace);
    /// The next cycle in which a unit wants to act; kNever if none is known.
    void set_next(size_t unit, Cycle at) {
        next_[unit] = at;
        if (!stepping_) wake(at);
    }

  private:
    void step(Cycle now) override;
    bool has_to_wait(Cycle next) const;

    std::vector<DeviceUnit*> units_;
    std::vector<Cycle> next_;    ///< of each unit
    std::vector<size_t> paced_;  ///< numbers of those that act in the kernel's cycle
    bool stepping_ = false;
};

}  // namespace tessera::hw
