// SPDX-License-Identifier: MIT
// Tickets: which bank may be used when. A command takes a ticket on each bank it touches when it is
// dispatched; the ticket is the number of earlier touches by each other engine, and is granted when
// as many are released. Within one engine the pipeline keeps the order, so nothing waits for it.
#pragma once
#include <array>
#include <tuple>
#include <vector>

#include "hw_model/core/visible.h"
#include "spec/params.h"

namespace tessera::hw {

enum class Engine : uint32_t { kLoad, kCompute, kStore };
inline constexpr uint32_t kEngines = 3;

enum class BankKind : uint32_t { kQ, kK, kV, kState };

/// One bank of the device.
struct BankId {
    BankKind kind = BankKind::kQ;
    uint32_t number = 0;
    uint32_t index() const { return static_cast<uint32_t>(kind) * spec::kBanks + number; }
};

/// Earlier touches per engine; the holder's own entry is its own earlier touches.
struct Ticket {
    std::array<uint64_t, kEngines> earlier{};
    uint64_t of(Engine engine) const { return earlier[static_cast<size_t>(engine)]; }
    friend bool operator==(const Ticket& a, const Ticket& b) { return a.earlier == b.earlier; }
};

class Scoreboard {
  public:
    Ticket take(Engine engine, BankId bank);
    /// The cycle from which `other`'s earlier touches are released; kNever if not yet known.
    Cycle granted_by(Engine other, BankId bank, const Ticket& ticket) const {
        return at(bank).released[static_cast<size_t>(other)].when(ticket.of(other));
    }
    /// As granted_by, for all engines other than the holder's.
    Cycle granted(Engine holder, BankId bank, const Ticket& ticket) const;
    /// A touch by `engine` is released, visible from a cycle on.
    void release(Engine engine, BankId bank, Cycle visible_from, Cycle now);

    /// Rows first_row..first_row+rows-1 of a state bank are merged by the compute engine's touch
    /// number `touch` (from 1), one a cycle, the first visible from `first_visible` on.
    void post_rows(BankId bank, uint64_t touch, uint32_t first_row, uint32_t rows,
                   Cycle first_visible);
    /// The cycle from which the compute engine's earlier touches of a row are released.
    Cycle row_granted(BankId bank, const Ticket& ticket, uint32_t row) const;
    /// How many rows from `row` on, of those up to `end`, are released with it or one a cycle after
    /// it. At least 1.
    uint32_t rows_granted(BankId bank, const Ticket& ticket, uint32_t row, uint32_t end) const;
    void walk(StateWalk& walk);
    /// A ticket on a bank: how many of its touches are not released yet.
    void walk(StateWalk& walk, BankId bank, Ticket& ticket) const {
        for (uint32_t e = 0; e < kEngines; ++e)
            walk.count(ticket.earlier[e], at(bank).released[e].posted());
    }
    friend bool operator==(const Scoreboard& a, const Scoreboard& b) {
        return a.banks_ == b.banks_;
    }

  private:
    struct Progress {
        uint64_t touch = 0;
        uint32_t first_row = 0, rows = 0;
        Cycle first_visible = 0;
        auto fields() const { return std::tie(touch, first_row, rows, first_visible); }
        friend bool operator==(const Progress& a, const Progress& b) {
            return a.fields() == b.fields();
        }
    };
    struct Bank {
        std::array<uint64_t, kEngines> taken{};
        std::array<Milestones, kEngines> released;
        std::vector<Progress> progress;  // of the touch being merged
        auto fields() const { return std::tie(taken, released, progress); }
        friend bool operator==(const Bank& a, const Bank& b) { return a.fields() == b.fields(); }
    };
    const Bank& at(BankId bank) const { return banks_[bank.index()]; }
    /// Of the touch that `ticket` waits for, the rows with `row`; nullptr: all are released at
    /// once.
    const Progress* progress_of(BankId bank, const Ticket& ticket, uint32_t row) const;
    std::array<Bank, 4 * spec::kBanks> banks_;
};

}  // namespace tessera::hw
