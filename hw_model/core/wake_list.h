// SPDX-License-Identifier: MIT
// The cycles in which something has asked to be looked at.
#pragma once
#include <algorithm>
#include <functional>
#include <vector>

#include "hw_model/core/cycle.h"

namespace tessera::hw {

class WakeList {
  public:
    /// kNever is ignored.
    void add(Cycle at) {
        if (at == kNever) return;
        const auto place = std::lower_bound(cycles_.begin(), cycles_.end(), at, std::greater<>());
        if (place == cycles_.end() || *place != at) cycles_.insert(place, at);
    }
    void clear() { cycles_.clear(); }
    /// The first of them; kNever if there is none.
    Cycle next() const { return cycles_.empty() ? kNever : cycles_.back(); }
    /// Takes out all up to `now`.
    void pass(Cycle now) {
        while (next() <= now) cycles_.pop_back();
    }

  private:
    std::vector<Cycle> cycles_;  // descending
};

}  // namespace tessera::hw
