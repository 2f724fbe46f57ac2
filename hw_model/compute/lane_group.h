// SPDX-License-Identifier: MIT
// One lane group on its way through the compute engine.
#pragma once
#include <memory>
#include <tuple>
#include <utility>

#include "hw_model/front/command_queue.h"

namespace tessera::hw {

/// Of an ATTEND that several may hold: each gets one of its own.
inline void walk_attend(StateWalk& walk, const Scoreboard& scoreboard,
                        std::shared_ptr<const Dispatched>& attend) {
    walk.plain(attend ? 1 : 0);
    if (!attend) return;
    Dispatched own = *attend;
    own.walk(walk, scoreboard);
    attend = std::make_shared<const Dispatched>(std::move(own));
}

struct LaneGroup {
    std::shared_ptr<const Dispatched> attend;
    uint32_t index = 0;     ///< within the command
    uint32_t rows = 0;      ///< valid rows
    spec::KeyRange keys;    ///< that it visits
    bool last = false;      ///< of the command
    Cycle score_start = 0;  ///< S: first key entered
    uint32_t slot = 0;      ///< of the score buffer
    /// Of the last of the command: Q and K bank may be loaded again.
    Cycle operands_free = 0;

    void walk(StateWalk& walk, const Scoreboard& scoreboard) {
        walk_attend(walk, scoreboard, attend);
        for (const uint64_t field : {index, rows, keys.first, keys.count, last ? 1U : 0U, slot})
            walk.plain(field);
        walk.cycle(score_start, kNever);
        if (last) walk.cycle(operands_free, kNever);  // else there is none
    }
    const spec::Command& command() const { return attend->command; }
    auto fields() const {
        return std::tie(index, rows, keys, last, score_start, slot, operands_free);
    }
    friend bool operator==(const LaneGroup& a, const LaneGroup& b) {
        return *a.attend == *b.attend && a.fields() == b.fields();
    }
};

}  // namespace tessera::hw
