// SPDX-License-Identifier: MIT
#include "firmware/plan/bank_set.h"

namespace tessera::fw {

bool BankSet::select(uint32_t head, uint32_t tile, uint32_t rows) {
    const auto holds = [&](const Held& held) {
        return held.valid && held.head == head && held.tile == tile && held.rows == rows;
    };
    if (holds(held_[bank_])) return false;
    const Held& other = held_[1 - bank_];
    if (holds(other) || !other.valid || held_[bank_].valid) bank_ = 1 - bank_;
    if (holds(held_[bank_])) return false;
    held_[bank_] = Held{head, tile, rows, true};
    return true;
}

}  // namespace tessera::fw
