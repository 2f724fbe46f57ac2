// SPDX-License-Identifier: MIT
#include "hw_model/front/scoreboard.h"

#include <algorithm>

namespace tessera::hw {

Ticket Scoreboard::take(Engine engine, BankId bank) {
    Bank& b = banks_[bank.index()];
    const Ticket ticket{b.taken};
    ++b.taken[static_cast<size_t>(engine)];
    return ticket;
}

Cycle Scoreboard::granted(Engine holder, BankId bank, const Ticket& ticket) const {
    Cycle cycle = 0;
    for (uint32_t e = 0; e < kEngines; ++e)
        if (e != static_cast<uint32_t>(holder))
            cycle = std::max(cycle, granted_by(static_cast<Engine>(e), bank, ticket));
    return cycle;
}

void Scoreboard::release(Engine engine, BankId bank, Cycle visible_from, Cycle now) {
    Milestones& released = banks_[bank.index()].released[static_cast<size_t>(engine)];
    released.post(visible_from);
    released.trim(now);
}

void Scoreboard::post_rows(BankId bank, uint64_t touch, uint32_t first_row, uint32_t rows,
                           Cycle first_visible) {
    std::vector<Progress>& progress = banks_[bank.index()].progress;
    if (!progress.empty() && progress.back().touch != touch) progress.clear();
    progress.push_back({touch, first_row, rows, first_visible});
}

void Scoreboard::walk(StateWalk& walk) {
    for (Bank& bank : banks_) {
        for (uint32_t e = 0; e < kEngines; ++e) {
            walk.count(bank.taken[e], bank.released[e].posted());
            bank.released[e].walk(walk);
        }
        walk.plain(bank.progress.size());
        for (Progress& p : bank.progress) {
            walk.count(p.touch, bank.released[static_cast<size_t>(Engine::kCompute)].posted());
            walk.plain(p.first_row);
            walk.plain(p.rows);
            walk.cycle(p.first_visible, p.rows);
        }
    }
}

const Scoreboard::Progress* Scoreboard::progress_of(BankId bank, const Ticket& ticket,
                                                    uint32_t row) const {
    for (const Progress& p : at(bank).progress)
        if (p.touch == ticket.of(Engine::kCompute) && row >= p.first_row &&
            row < p.first_row + p.rows)
            return &p;
    return nullptr;
}

Cycle Scoreboard::row_granted(BankId bank, const Ticket& ticket, uint32_t row) const {
    const Progress* const progress = progress_of(bank, ticket, row);
    return progress == nullptr ? granted_by(Engine::kCompute, bank, ticket)
                               : progress->first_visible + (row - progress->first_row);
}

uint32_t Scoreboard::rows_granted(BankId bank, const Ticket& ticket, uint32_t row,
                                  uint32_t end) const {
    const Progress* const progress = progress_of(bank, ticket, row);
    return (progress == nullptr ? end : std::min(end, progress->first_row + progress->rows)) - row;
}

}  // namespace tessera::hw
