// SPDX-License-Identifier: MIT
// When loads present their addresses and retire: docs/contract/timing.md, section 3, in plain C++.
// The load engine and the prediction of a run (host/predict) go by it. Plain data that can be
// copied and compared.
#pragma once
#include <tuple>

#include "hw_model/front/command_queue.h"
#include "hw_model/memory/burst_plan.h"

namespace tessera::hw {

/// The load that is next to present an address, the head of the queue, and those behind it.
struct LoadTiming {
    /// One address presented.
    struct Address {
        BurstPlan::Burst burst;
        bool index = false;  ///< of an index list
        bool last = false;   ///< of the load
    };

    /// The kind of bank that a load fills.
    static BankKind kind(const Dispatched& d);
    /// The bank that it fills.
    static BankId bank(const Dispatched& d) { return d.bank(kind(d)); }
    /// The first cycle in which the next address may be presented, as far as the port is free;
    /// kNever if not known yet.
    Cycle next(const Scoreboard& scoreboard) const;
    /// The head of the queue starts: its first address is presented in this cycle.
    void start(const spec::DeviceParams& p);
    /// Does a row of a gather come next? Then plan_row() has to say at which address.
    bool needs_row() const { return presenting && plan.done(); }
    void plan_row(const spec::DeviceParams& p, uint64_t address);
    /// Presents the next address in cycle `at`. With its last one the load leaves the queue.
    Address present(Cycle at);
    /// The last beat of the index list crosses the bus in cycle `last_beat`.
    void list_read(Cycle last_beat) { rows_from = last_beat + spec::kSinkCycles + 1; }
    /// The last beat of a load crosses the bus in cycle `last_beat`: the release of its bank is
    /// known, and its retirement, which is returned. `now`: all readers have come so far.
    Cycle retire(BankId bank, Scoreboard& scoreboard, Cycle last_beat, Cycle now);

    CommandQueue queue;
    bool presenting = false;  ///< the head of the queue has started
    BurstPlan plan;           ///< of the bursts being presented
    uint32_t next_row = 0;    ///< gather: of its rows, the next to be planned
    uint32_t rows = 0;        ///< gather: how many rows; else 0
    Cycle rows_from = 0;      ///< gather: the rows may be presented; kNever if not known yet
    Milestones retired;
    void walk(StateWalk& walk, const Scoreboard& scoreboard) {
        queue.walk(walk, scoreboard);
        walk.plain(presenting ? 1 : 0);
        plan.walk(walk);
        walk.plain(next_row);
        walk.plain(rows);
        walk.cycle(rows_from);
        retired.walk(walk);
    }
    auto fields() const {
        return std::tie(queue, presenting, plan, next_row, rows, rows_from, retired);
    }
    friend bool operator==(const LoadTiming& a, const LoadTiming& b) {
        return a.fields() == b.fields();
    }
};

}  // namespace tessera::hw
