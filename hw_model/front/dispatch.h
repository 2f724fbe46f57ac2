// SPDX-License-Identifier: MIT
// Checks each descriptor, takes its tickets and puts it into its engine's queue: in order, one a
// cycle, without waiting for operands. Stops at a full queue, at a FENCE until it has retired, and
// for good at an illegal descriptor. Also watches that commands keep retiring.
#pragma once
#include "hw_model/device_unit.h"
#include "hw_model/front/dispatch_timing.h"

namespace tessera::hw {

class Dispatch : public DeviceUnit {
  public:
    Dispatch(const sc_core::sc_module_name& name, Core& core) : DeviceUnit(name, core) {}

    /// Commands dispatched and not retired, as visible in cycle `now`.
    uint64_t outstanding(Cycle now) const;
    /// Is dispatch held by a FENCE, at the head of the FIFO or under way?
    bool fence_waiting(Cycle now) const;
    /// An engine's queue has room from cycle `at` on.
    void on_room(Cycle at) {
        if (state_.blocked) wake(at);
    }
    /// A command retires in cycle `cycle`.
    void on_retired(Cycle cycle);
    void clear() override { state_ = State(); }

  private:
    void act(Cycle now) override;
    bool dispatch_one(Cycle now);
    void check_watchdog(Cycle now);

    struct State {
        DispatchTiming timing;
        Register<uint64_t> total;
        uint32_t number = 0;
        spec::IdentityTiles identity;
        bool blocked = false;        // by a full queue
        bool fence_at_head = false;  // waits until all earlier commands have retired
        std::deque<Cycle> retired;   // cycles, sorted: the last one passed and all to come
        // WATCHDOG was lowered below the age of the oldest command: the next retirement counts.
        bool overslept = false;
        Cycle watch_from = kNever;  // first command dispatched after the device was idle
    };
    State state_;
};

}  // namespace tessera::hw
