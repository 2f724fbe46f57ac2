// SPDX-License-Identifier: MIT
// One lane group on its way through the compute engine.
#pragma once
#include <memory>
#include <tuple>

#include "hw_model/front/command_queue.h"

namespace tessera::hw {

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

    const spec::Command& command() const { return attend->command; }
    auto fields() const {
        return std::tie(index, rows, keys, last, score_start, slot, operands_free);
    }
    friend bool operator==(const LaneGroup& a, const LaneGroup& b) {
        return *a.attend == *b.attend && a.fields() == b.fields();
    }
};

}  // namespace tessera::hw
