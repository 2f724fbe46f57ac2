// SPDX-License-Identifier: MIT
#include "hw_model/core/unit.h"

#include <algorithm>
#include <functional>

namespace tessera::hw {

Unit::Unit(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {
    SC_METHOD(run);
    sensitive << event_;
    dont_initialize();
}

void Unit::wake(Cycle at) {
    if (at == kNever) return;
    const auto place = std::lower_bound(pending_.begin(), pending_.end(), at, std::greater<>());
    if (place != pending_.end() && *place == at) return;
    pending_.insert(place, at);
    arm();
}

void Unit::wake_only(Cycle at) {
    pending_.clear();
    event_.cancel();
    armed_ = kNever;
    wake(at);
}

void Unit::arm() {
    if (pending_.empty() || pending_.back() >= armed_) return;
    armed_ = pending_.back();
    const Cycle now = now_cycle();
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
    while (!pending_.empty() && pending_.back() <= now) pending_.pop_back();
    step(now);
    arm();
}

}  // namespace tessera::hw
