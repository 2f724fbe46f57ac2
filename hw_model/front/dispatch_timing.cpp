// SPDX-License-Identifier: MIT
#include "hw_model/front/dispatch_timing.h"

#include <algorithm>

namespace tessera::hw {

using spec::Opcode;

Engine DispatchTiming::engine_of(Opcode opcode) {
    switch (opcode) {
        case Opcode::kAttend: return Engine::kCompute;
        case Opcode::kStoreO:
        case Opcode::kStoreState:
        case Opcode::kFence: return Engine::kStore;
        default: return Engine::kLoad;
    }
}

Cycle DispatchTiming::next(Opcode opcode, const CommandQueue& queue, const Retired& retired) const {
    Cycle at = std::max(
        {from, queue.room_from(), fence_retired(*retired[static_cast<size_t>(Engine::kStore)])});
    if (opcode == Opcode::kFence)
        for (size_t e = 0; e < kEngines; ++e) at = std::max(at, retired[e]->when(sent[e]));
    return at;
}

void DispatchTiming::dispatch(Dispatched d, Scoreboard& scoreboard, CommandQueue& queue, Cycle at) {
    const Engine engine = engine_of(d.command.opcode);
    if (engine == Engine::kCompute) d.positions = positions.of(d.command);
    for (const BankKind kind : {BankKind::kQ, BankKind::kK, BankKind::kV, BankKind::kState})
        if (touches(d.command, kind)) d.ticket(kind) = scoreboard.take(engine, d.bank(kind));
    positions.dispatched(d.command);
    ++sent[static_cast<size_t>(engine)];
    fenced = d.command.opcode == Opcode::kFence;
    from = d.visible_from = at + 1;
    queue.push(std::move(d));
}

}  // namespace tessera::hw
