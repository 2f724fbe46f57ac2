// SPDX-License-Identifier: MIT
// Checks each descriptor, takes its tickets and puts it into its engine's queue: in order, one a
// cycle, without waiting for operands. Stops at a full queue, at a FENCE until it has retired, and
// for good at an illegal descriptor. Also watches that commands keep retiring.
#pragma once
#include "hw_model/core/core.h"
#include "hw_model/core/unit.h"
#include "hw_model/front/command_queue.h"

namespace tessera::hw {

class Dispatch : public Unit {
  public:
    Dispatch(const sc_core::sc_module_name& name, Core& core) : Unit(name), core_(core) {}

    /// Commands dispatched and not retired, as visible in cycle `now`.
    uint64_t outstanding(Cycle now) const;
    /// Is dispatch held by a FENCE, at the head of the FIFO or under way?
    bool fence_waiting(Cycle now) const;
    /// An engine's queue has room from cycle `at` on.
    void on_room(Cycle at) {
        if (blocked_) wake(at);
    }
    /// A command retires in cycle `cycle`.
    void on_retired(Cycle cycle);
    void clear();

  private:
    void step(Cycle now) override;
    bool dispatch_one(Cycle now);
    bool fence_granted(Cycle now);
    void take_tickets(Dispatched& d);
    void check_watchdog(Cycle now);

    Core& core_;
    std::array<uint64_t, kEngines> sent_{};
    Register<uint64_t> total_;
    uint32_t number_ = 0;
    spec::IdentityTiles identity_;
    bool blocked_ = false;  // by a full queue
    bool fence_ = false;    // a FENCE is at the head or under way
    bool fence_sent_ = false;
    std::deque<Cycle> retired_;  // cycles, sorted: the last one passed and all to come
    bool overslept_ = false;     // WATCHDOG was lowered below the age: the next retirement counts
    Cycle watch_from_ = kNever;  // first command dispatched after the device was idle
    Cycle last_dispatch_ = kNever;
};

}  // namespace tessera::hw
