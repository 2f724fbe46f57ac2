// SPDX-License-Identifier: MIT
#include "hw_model/store/store_timing.h"

#include <algorithm>

namespace tessera::hw {

using spec::Opcode;

void StoreTiming::prepare(const spec::DeviceParams& p) {
    const spec::Command& c = queue.oldest()->command;
    const bool fence = c.opcode == Opcode::kFence;
    const uint32_t rows = fence ? 1 : c.rows;
    prepared = true;
    row_beats = fence ? 1 : p.beats(spec::row_bytes(p, c));
    row = beat = 0;
    beats_left = uint64_t{row_beats} * rows;
    plan = BurstPlan(c.address, fence ? p.bus_bytes : c.pitch, row_beats, rows, p.bus_bytes,
                     spec::kWriteBurstBytes);
    burst = plan.next();
    read_from = std::max(read_from, queue.head_from());
}

Cycle StoreTiming::next_beat(const spec::DeviceParams& p, const Scoreboard& scoreboard) const {
    Cycle at = read_from;
    if (beat == 0 && queue.oldest()->command.opcode != Opcode::kFence) {
        const Dispatched& d = *queue.oldest();
        const BankId bank = d.bank(BankKind::kState);
        const Ticket& ticket = d.ticket(BankKind::kState);
        at = std::max({at, scoreboard.granted_by(Engine::kLoad, bank, ticket),
                       scoreboard.row_granted(bank, ticket, d.command.first_row + row)});
    }
    if ((beats_read + 1 - freed_floor) * p.bus_bytes > spec::kStoreFifoBytes) {
        const uint64_t needed = beats_read + 1 - spec::kStoreFifoBytes / p.bus_bytes;
        const auto room = std::find_if(freed.begin(), freed.end(),
                                       [&](const Freed& f) { return f.beats >= needed; });
        at = std::max(at, room == freed.end() ? kNever : room->visible_from);
    }
    return at;
}

uint32_t StoreTiming::beats_at_once(const spec::DeviceParams& p,
                                    const Scoreboard& scoreboard) const {
    uint32_t rows = 1;
    const Dispatched& d = *queue.oldest();
    if (d.command.opcode != Opcode::kFence) {
        const uint32_t first = d.command.first_row;
        rows = scoreboard.rows_granted(d.bank(BankKind::kState), d.ticket(BankKind::kState),
                                       first + row, first + d.command.rows);
    }
    const uint64_t room = spec::kStoreFifoBytes / p.bus_bytes + freed_floor - beats_read;
    return static_cast<uint32_t>(
        std::min<uint64_t>(uint64_t{rows} * row_beats - beat, std::max<uint64_t>(room, 1)));
}

void StoreTiming::read_beats(uint32_t beats, Scoreboard& scoreboard, Cycle at, Cycle now) {
    const Cycle in = at + spec::kStorePipeCycles;
    if (!fifo.empty() && fifo.back().first + fifo.back().count == in)
        fifo.back().count += beats;
    else
        fifo.push_back({in, beats});
    read_from = at + beats;
    beats_read += beats;
    beats_left -= beats;
    row += (beat + beats) / row_beats;
    beat = (beat + beats) % row_beats;
    // What is free before the next beat can be read holds nothing up.
    while (!freed.empty() && freed.front().visible_from <= read_from) {
        freed_floor = freed.front().beats;
        freed.pop_front();
    }
    if (beats_left != 0) return;
    const Dispatched& d = *queue.oldest();
    if (d.command.opcode != Opcode::kFence)
        scoreboard.release(Engine::kStore, d.bank(BankKind::kState), read_from, now);
}

Cycle StoreTiming::next_address() const {
    if (!prepared) return kNever;
    uint32_t ahead = burst.beats;  // the burst waits for its last beat
    for (const Beats& beats : fifo) {
        if (ahead <= beats.count) return beats.first + ahead - 1;
        ahead -= beats.count;
    }
    return kNever;
}

StoreTiming::Address StoreTiming::present(Cycle at) {
    const Address address{burst, plan.done()};
    for (uint32_t left = burst.beats; left != 0;) {
        Beats& oldest = fifo.front();
        const uint32_t taken = std::min(left, oldest.count);
        oldest.first += taken;
        oldest.count -= taken;
        left -= taken;
        if (oldest.count == 0) fifo.pop_front();
    }
    if (address.last) {
        queue.pop(at);
        prepared = false;
    } else {
        burst = plan.next();
    }
    return address;
}

void StoreTiming::written(uint32_t beats, Cycle last_beat) {
    const uint64_t before = freed.empty() ? freed_floor : freed.back().beats;
    freed.push_back({last_beat + 1, before + beats});
}

}  // namespace tessera::hw
