// SPDX-License-Identifier: MIT
// A walk over all that a recurrence remembers, so that two moments can be compared and the later
// one moved on (host/engine/steady_state.h). Who has state has
//   void walk(StateWalk& walk);
// which goes through it in an order that does not depend on its values.
#pragma once
#include "hw_model/core/cycle.h"

namespace tessera::hw {

class StateWalk {
  public:
    /// What has to be the same at both moments.
    virtual void plain(uint64_t value) = 0;
    /// A cycle that is compared with cycles to come. Those up to `reach` before the moment still
    /// matter: what comes is held against at + reach.
    virtual void cycle(Cycle& at, Cycle reach) = 0;
    void cycle(Cycle& at) { cycle(at, 0); }
    /// A cycle up to which something is done: it has moved on, or nothing was done.
    virtual void progress(Cycle& at) = 0;
    /// A number of events since reset, which matters only by its distance to another one.
    virtual void count(uint64_t& number, uint64_t other) = 0;
    /// One that matters to nobody but itself.
    void count(uint64_t& number) { count(number, number); }

  protected:
    ~StateWalk() = default;
};

}  // namespace tessera::hw
