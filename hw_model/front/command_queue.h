// SPDX-License-Identifier: MIT
// The in-order queue between dispatch and one engine. What is pushed or popped in a cycle is seen
// by the other side from the next one on.
#pragma once
#include <deque>

#include "hw_model/core/visible.h"
#include "hw_model/front/scoreboard.h"
#include "spec/command.h"

namespace tessera::hw {

/// A command on its way, with its tickets. Only those of banks it touches mean anything.
struct Dispatched {
    spec::Command command;
    uint64_t number = 0;
    Cycle visible_from = 0;  ///< in its engine's queue
    Ticket q, k, v, state;
};

class CommandQueue {
  public:
    bool full(Cycle now) const { return pushed_ - popped_.count(now) >= spec::kQueueDepth; }
    uint64_t size(Cycle now) const {
        const bool fresh = !commands_.empty() && commands_.back().visible_from > now;
        return pushed_ - (fresh ? 1 : 0) - popped_.count(now);
    }
    /// The cycle from which a full queue has room; kNever if not known yet.
    Cycle room_from(Cycle now) const { return popped_.when(popped_.count(now) + 1); }
    void push(Dispatched command) {
        ++pushed_;
        commands_.push_back(std::move(command));
    }
    /// The oldest command, or nullptr if none is visible in cycle `now`.
    const Dispatched* head(Cycle now) const {
        return commands_.empty() || commands_.front().visible_from > now ? nullptr
                                                                         : &commands_.front();
    }
    /// The oldest command, visible or not; nullptr if there is none.
    const Dispatched* oldest() const { return commands_.empty() ? nullptr : &commands_.front(); }
    Dispatched pop(Cycle now) {
        Dispatched command = std::move(commands_.front());
        commands_.pop_front();
        popped_.post(now + 1);
        popped_.trim(now);
        return command;
    }
    /// Error: everything still queued is dropped at once.
    void discard(Cycle now) {
        while (!commands_.empty()) (void)pop(now);
    }

  private:
    std::deque<Dispatched> commands_;
    uint64_t pushed_ = 0;
    Milestones popped_;
};

}  // namespace tessera::hw
