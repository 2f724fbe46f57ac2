// SPDX-License-Identifier: MIT
#include "host/engine/steady_state.h"

namespace tessera::host {

bool Snapshot::repeats(const Snapshot& earlier) const {
    if (entries_.size() != earlier.entries_.size()) return false;
    const Cycle period = after(earlier);
    for (size_t i = 0; i < entries_.size(); ++i) {
        const Entry &now = entries_[i], &then = earlier.entries_[i];
        if (now.kind != then.kind || now.over != then.over) return false;
        if (now.kind == Kind::kCycle) {
            const bool never = now.value == hw::kNever && then.value == hw::kNever;
            if (!now.over && !never && now.value - then.value != period) return false;
        } else if (now.kind == Kind::kProgress) {
            if (now.value != then.value && now.value - then.value != period) return false;
        } else if (now.value != then.value) {
            return false;
        }
    }
    return true;
}

}  // namespace tessera::host
