// SPDX-License-Identifier: MIT
#include "hw_model/device_process.h"

#include <algorithm>

#include "hw_model/device_unit.h"

namespace tessera::hw {
namespace {

/// The cycle in which another process has something to do, as far as is known: the kernel's own if
/// it is not through with that one.
Cycle others_cycle() {
    return to_cycle(sc_core::sc_time_stamp() + sc_core::sc_time_to_pending_activity());
}

}  // namespace

size_t DeviceProcess::add(DeviceUnit& unit, Pace pace) {
    if (pace == Pace::kInTurn) paced_.push_back(units_.size());
    units_.push_back(&unit);
    next_.push_back(kNever);
    return units_.size() - 1;
}

/// Does the kernel have to come to cycle `next` before any unit acts in it?
bool DeviceProcess::has_to_wait(Cycle next) const {
    const auto acts = [&](size_t unit) { return next_[unit] == next; };
    return next == kNever || std::any_of(paced_.begin(), paced_.end(), acts) ||
           next >= others_cycle();
}

void DeviceProcess::step(Cycle now) {
    const Cycle kernel = now;
    stepping_ = true;
    for (;;) {
        for (size_t i = 0; i < units_.size(); ++i)
            if (next_[i] <= now) units_[i]->step(now);
        const Cycle next = *std::min_element(next_.begin(), next_.end());
        if (next <= now) continue;
        if (has_to_wait(next)) {
            cycles_ahead = 0;
            stepping_ = false;
            wake_only(next);
            return;
        }
        now = next;
        cycles_ahead = now - kernel;
    }
}

}  // namespace tessera::hw
