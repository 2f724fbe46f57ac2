// SPDX-License-Identifier: MIT
// The in-order queue between dispatch and one engine. What is pushed or popped in a cycle is seen
// by the other side from the next one on.
#pragma once
#include <algorithm>
#include <deque>
#include <iterator>

#include "hw_model/core/visible.h"
#include "hw_model/front/scoreboard.h"
#include "spec/command.h"
#include "spec/key_range.h"

namespace tessera::hw {

/// What of a command costs time, but for addresses of an index list.
inline void walk_command(StateWalk& walk, const spec::Command& c) {
    for (const uint64_t field :
         {uint64_t{static_cast<uint32_t>(c.opcode)}, uint64_t{c.flags}, uint64_t{c.q_bank},
          uint64_t{c.k_bank}, uint64_t{c.v_bank}, uint64_t{c.state_bank}, uint64_t{c.rows},
          uint64_t{c.keys}, uint64_t{c.first_row}, uint64_t{c.d_k}, uint64_t{c.d_v},
          uint64_t{c.pitch}, c.address % spec::kReadBurstBytes})
        walk.plain(field);
}

/// Does a command take a ticket on its bank of a kind?
constexpr bool touches(const spec::Command& c, BankKind kind) {
    switch (c.opcode) {
        case spec::Opcode::kAttend: return true;
        case spec::Opcode::kLoadQ: return kind == BankKind::kQ;
        case spec::Opcode::kLoadK: return kind == BankKind::kK;
        case spec::Opcode::kLoadV: return kind == BankKind::kV;
        case spec::Opcode::kLoadState:
        case spec::Opcode::kStoreO:
        case spec::Opcode::kStoreState: return kind == BankKind::kState;
        case spec::Opcode::kFence: return false;
    }
    return false;
}

/// A command on its way, with its tickets. Only those of banks it touches mean anything.
struct Dispatched {
    spec::Command command;
    uint64_t number = 0;
    Cycle visible_from = 0;         ///< in its engine's queue
    std::array<Ticket, 4> tickets;  ///< per BankKind
    spec::TilePositions positions;  ///< of an ATTEND

    Ticket& ticket(BankKind kind) { return tickets[static_cast<size_t>(kind)]; }
    const Ticket& ticket(BankKind kind) const { return tickets[static_cast<size_t>(kind)]; }
    /// Its bank of a kind.
    BankId bank(BankKind kind) const {
        switch (kind) {
            case BankKind::kQ: return {kind, command.q_bank};
            case BankKind::kK: return {kind, command.k_bank};
            case BankKind::kV: return {kind, command.v_bank};
            default: return {kind, command.state_bank};
        }
    }
    /// The cycle from which `holder`, whose command this is, may use its bank of a kind; kNever if
    /// not yet known.
    Cycle granted(const Scoreboard& scoreboard, Engine holder, BankKind kind) const {
        return scoreboard.granted(holder, bank(kind), ticket(kind));
    }
    /// Of a device that visits all keys of a tile: positions and masks cost no time. Addresses
    /// count by where they cut bursts.
    void walk(StateWalk& walk, const Scoreboard& scoreboard, Cycle reach = 0) {
        walk_command(walk, command);
        walk.count(number);
        walk.cycle(visible_from, reach);
        for (const BankKind kind : {BankKind::kQ, BankKind::kK, BankKind::kV, BankKind::kState})
            if (touches(command, kind)) scoreboard.walk(walk, bank(kind), ticket(kind));
    }
    friend bool operator==(const Dispatched& a, const Dispatched& b) {
        const spec::Descriptor x = spec::encode(a.command), y = spec::encode(b.command);
        return std::equal(std::begin(x.word), std::end(x.word), std::begin(y.word)) &&
               a.number == b.number && a.visible_from == b.visible_from && a.tickets == b.tickets &&
               a.positions == b.positions;
    }
};

class CommandQueue {
  public:
    bool full(Cycle now) const { return room_from() > now; }
    uint64_t size(Cycle now) const {
        const bool fresh = !commands_.empty() && commands_.back().visible_from > now;
        return pushed_ - (fresh ? 1 : 0) - popped_.count(now);
    }
    /// The cycle from which the queue has room for one more; kNever if not known yet.
    Cycle room_from() const {
        return pushed_ < spec::kQueueDepth ? 0 : popped_.when(pushed_ + 1 - spec::kQueueDepth);
    }
    void push(Dispatched command) {
        ++pushed_;
        commands_.push_back(std::move(command));
    }
    /// The oldest command, or nullptr if none is visible in cycle `now`.
    const Dispatched* head(Cycle now) const {
        return commands_.empty() || commands_.front().visible_from > now ? nullptr
                                                                         : &commands_.front();
    }
    /// The oldest command, visible or not; nullptr if there is none.
    const Dispatched* oldest() const { return commands_.empty() ? nullptr : &commands_.front(); }
    /// The cycle from which the oldest command is visible at the head; kNever if there is none.
    Cycle head_from() const {
        return commands_.empty() ? kNever
                                 : std::max(commands_.front().visible_from, popped_.last());
    }
    void pop(Cycle now) {
        commands_.pop_front();
        popped_.post(now + 1);
        popped_.trim(now);
    }
    /// Error: everything still queued is dropped at once.
    void discard(Cycle now) {
        while (!commands_.empty()) pop(now);
    }
    /// `reach`: of the cycle from which a command is at the head.
    void walk(StateWalk& walk, const Scoreboard& scoreboard, Cycle reach = 0) {
        walk.plain(commands_.size());
        for (Dispatched& command : commands_) command.walk(walk, scoreboard, reach);
        walk.count(pushed_, popped_.posted());
        popped_.walk(walk);
    }
    friend bool operator==(const CommandQueue& a, const CommandQueue& b) {
        return a.commands_ == b.commands_ && a.pushed_ == b.pushed_ && a.popped_ == b.popped_;
    }

  private:
    std::deque<Dispatched> commands_;
    uint64_t pushed_ = 0;
    Milestones popped_;
};

}  // namespace tessera::hw
