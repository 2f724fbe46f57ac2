// SPDX-License-Identifier: MIT
#include "hw_model/core/unit.h"

namespace tessera::hw {

Unit::Unit(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {
    SC_METHOD(run);
    sensitive << event_;
    dont_initialize();
}

void Unit::wake(Cycle at) {
    wakes_.add(at);
    arm();
}

void Unit::wake_only(Cycle at) {
    wakes_.clear();
    event_.cancel();
    armed_ = kNever;
    wake(at);
}

void Unit::arm() {
    if (wakes_.next() >= armed_) return;
    armed_ = wakes_.next();
    const Cycle now = systemc_cycle();
    // The event keeps only its earliest notification, which is what is wanted here.
    if (armed_ <= now) {
        event_.notify(sc_core::SC_ZERO_TIME);
    } else {
        event_.notify(to_time(armed_ - now));
    }
}

void Unit::run() {
    const Cycle now = now_cycle();
    armed_ = kNever;
    wakes_.pass(now);
    step(now);
    arm();
}

}  // namespace tessera::hw
