// SPDX-License-Identifier: MIT
// Which tiles are in the two banks of a kind, so that none is loaded twice.
#pragma once
#include <stdint.h>

#include "spec/params.h"

namespace tessera::fw {

/// What the banks of one kind hold. A free one is taken first, then the least recently used.
class BankSet {
  public:
    /// Makes a tile, or its first `rows` rows, current. True if it has to be loaded (bank() then
    /// says where).
    bool select(uint32_t head, uint32_t tile, uint32_t rows);
    /// Forgets all tiles. Banks go on alternating.
    void clear() { held_[0].valid = held_[1].valid = false; }
    /// Forgets the current tile.
    void release() { held_[bank_].valid = false; }
    /// Makes the other bank current and forgets its tile, until it is given back.
    void borrow() {
        bank_ = 1 - bank_;
        release();
    }
    void give_back() { bank_ = 1 - bank_; }
    /// Both banks hold other tiles now: what `moved` says of each.
    template <typename Moved>
    void move(Moved moved) {
        for (Held& held : held_) held.tile = moved(held.tile);
    }
    uint32_t bank() const { return bank_; }

  private:
    struct Held {
        uint32_t head = 0, tile = 0, rows = 0;
        bool valid = false;
    };
    static_assert(spec::kBanks == 2, "least recently used is simply the other one");
    Held held_[spec::kBanks];
    uint32_t bank_ = spec::kBanks - 1;
};

}  // namespace tessera::fw
