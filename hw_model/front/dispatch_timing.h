// SPDX-License-Identifier: MIT
// When lines of descriptors are fetched and commands dispatched: docs/contract/timing.md,
// section 1, in plain C++. Front end, dispatch and the prediction of a run (host/predict) go by it.
// Plain data that can be copied and compared.
#pragma once
#include <array>
#include <tuple>

#include "hw_model/front/command_queue.h"

namespace tessera::hw {

/// The buffers for lines of descriptors.
struct LineTiming {
    /// From when on a line whose last beat is on the bus in cycle `last_beat` can be dispatched.
    static Cycle usable(Cycle last_beat) { return last_beat + spec::kSinkCycles + 1; }
    /// From when on one of the buffers is free; kNever if not known yet.
    Cycle room_from() const {
        return fetched < spec::kFifoLines ? 0 : freed.when(fetched + 1 - spec::kFifoLines);
    }
    /// The last wanted descriptor of the oldest line is dispatched in cycle `at`.
    void free(Cycle at) {
        freed.post(at + 1);
        freed.trim(at);
    }

    uint64_t fetched = 0;  ///< lines since reset
    Milestones freed;
    void walk(StateWalk& walk) {
        walk.count(fetched, freed.posted());
        freed.walk(walk);
    }
    auto fields() const { return std::tie(fetched, freed); }
    friend bool operator==(const LineTiming& a, const LineTiming& b) {
        return a.fields() == b.fields();
    }
};

/// Commands into the queues of the engines.
struct DispatchTiming {
    /// Retirements of each engine.
    using Retired = std::array<const Milestones*, kEngines>;

    static Engine engine_of(spec::Opcode opcode);
    /// From when on nothing waits for the last FENCE any more; kNever if not known yet.
    Cycle fence_retired(const Milestones& stores_retired) const {
        return fenced ? stores_retired.when(sent[static_cast<size_t>(Engine::kStore)]) : 0;
    }
    /// The first cycle in which a command can be dispatched to `queue`, once it is visible; kNever
    /// if not known yet.
    Cycle next(spec::Opcode opcode, const CommandQueue& queue, const Retired& retired) const;
    /// Dispatches a command in cycle `at`: takes its tickets and puts it into `queue`.
    void dispatch(Dispatched d, Scoreboard& scoreboard, CommandQueue& queue, Cycle at);

    std::array<uint64_t, kEngines> sent{};  ///< commands to each engine since reset
    Cycle from = 0;                         ///< the cycle after the last dispatch
    bool fenced = false;                    ///< the last command was a FENCE
    spec::PositionMemory positions;         ///< of what the Q and K banks will hold
    /// Of a device that visits all keys of a tile.
    void walk(StateWalk& walk, const Retired& retired) {
        for (size_t e = 0; e < kEngines; ++e) walk.count(sent[e], retired[e]->posted());
        walk.cycle(from);
        walk.plain(fenced ? 1 : 0);
    }
    auto fields() const { return std::tie(sent, from, fenced, positions); }
    friend bool operator==(const DispatchTiming& a, const DispatchTiming& b) {
        return a.fields() == b.fields();
    }
};

}  // namespace tessera::hw
