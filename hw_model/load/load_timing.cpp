// SPDX-License-Identifier: MIT
#include "hw_model/load/load_timing.h"

#include <algorithm>

namespace tessera::hw {

using spec::Opcode;

BankKind LoadTiming::kind(const Dispatched& d) {
    switch (d.command.opcode) {
        case Opcode::kLoadQ: return BankKind::kQ;
        case Opcode::kLoadK: return BankKind::kK;
        case Opcode::kLoadV: return BankKind::kV;
        default: return BankKind::kState;
    }
}

Cycle LoadTiming::next(const Scoreboard& scoreboard) const {
    if (needs_row()) return rows_from;
    if (presenting) return 0;
    const Dispatched* head = queue.oldest();
    if (head == nullptr) return kNever;
    return std::max(queue.head_from(), head->granted(scoreboard, Engine::kLoad, kind(*head)));
}

void LoadTiming::start(const spec::DeviceParams& p) {
    const spec::Command& c = queue.oldest()->command;
    const bool gather = c.has(spec::kFlagGather);
    const uint32_t list_beats = p.beats(uint64_t{4} * c.rows);
    plan = gather ? BurstPlan(c.index_address, list_beats * p.bus_bytes, list_beats, 1, p.bus_bytes,
                              spec::kReadBurstBytes)
                  : BurstPlan(c.address, c.pitch, p.beats(spec::row_bytes(p, c)), c.rows,
                              p.bus_bytes, spec::kReadBurstBytes);
    presenting = true;
    next_row = 0;
    rows = gather ? c.rows : 0;
    rows_from = kNever;
}

void LoadTiming::plan_row(const spec::DeviceParams& p, uint64_t address) {
    const uint32_t beats = p.beats(spec::row_bytes(p, queue.oldest()->command));
    plan = BurstPlan(address, beats * p.bus_bytes, beats, 1, p.bus_bytes, spec::kReadBurstBytes);
    ++next_row;
}

LoadTiming::Address LoadTiming::present(Cycle at) {
    Address address;
    address.index = rows != 0 && next_row == 0;
    address.burst = plan.next();
    address.last = plan.done() && next_row == rows;
    if (address.last) {
        queue.pop(at);
        presenting = false;
    }
    return address;
}

Cycle LoadTiming::retire(BankId bank, Scoreboard& scoreboard, Cycle last_beat, Cycle now) {
    const Cycle retire = last_beat + spec::kSinkCycles;
    scoreboard.release(Engine::kLoad, bank, retire + 1, now);
    retired.post(retire + 1);
    retired.trim(now);
    return retire;
}

}  // namespace tessera::hw
