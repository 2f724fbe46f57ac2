// SPDX-License-Identifier: MIT
// When the device's port takes an address: docs/contract/timing.md, sections 1, 3 and 5, in plain
// C++. Plain data that can be copied and compared.
#pragma once
#include <algorithm>
#include <tuple>

#include "hw_model/core/visible.h"

namespace tessera::hw {

/// One direction of the port: one address a cycle, and so many bursts outstanding.
struct PortTiming {
    /// The first cycle in which an address can be presented with fewer than `limit` bursts
    /// outstanding; kNever if not known yet.
    Cycle next(uint32_t limit) const {
        return std::max(address_from, bursts < limit ? 0 : ends.when(bursts + 1 - limit));
    }
    void present(Cycle at) {
        address_from = at + 1;
        ++bursts;
    }
    /// The oldest burst ends, visible from a cycle on. `now`: all readers have come so far.
    void end(Cycle visible_from, Cycle now) {
        ends.post(visible_from);
        ends.trim(now);
    }
    /// Bursts outstanding in cycle `now`, that of this cycle not counted.
    uint64_t outstanding(Cycle now) const {
        return bursts - ends.count(now) - (address_from == now + 1 ? 1 : 0);
    }

    Cycle address_from = 0;  ///< the cycle after the last address
    uint64_t bursts = 0;     ///< presented
    Milestones ends;         ///< of bursts, in their order
    void walk(StateWalk& walk) {
        walk.cycle(address_from);
        walk.count(bursts, ends.posted());
        ends.walk(walk);
    }
    auto fields() const { return std::tie(address_from, bursts, ends); }
    friend bool operator==(const PortTiming& a, const PortTiming& b) {
        return a.fields() == b.fields();
    }
};

}  // namespace tessera::hw
