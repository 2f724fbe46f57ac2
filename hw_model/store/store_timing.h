// SPDX-License-Identifier: MIT
// When stores read their beats, present their bursts and retire: docs/contract/timing.md,
// section 5, in plain C++. The store engine and the prediction of a run (host/predict) go by it.
// Plain data that can be copied and compared.
#pragma once
#include <deque>
#include <tuple>

#include "hw_model/front/command_queue.h"
#include "hw_model/memory/burst_plan.h"

namespace tessera::hw {

/// The store that reads and presents, the head of the queue, and those behind it; the store FIFO.
struct StoreTiming {
    /// One burst presented.
    struct Address {
        BurstPlan::Burst burst;
        bool last = false;  ///< of the store
    };
    /// Beats that come into the FIFO one a cycle; those of two such do not follow each other.
    struct Beats {
        Cycle first;
        uint32_t count;
        friend bool operator==(const Beats& a, const Beats& b) {
            return a.first == b.first && a.count == b.count;
        }
    };
    /// FIFO space given back by a burst whose last beat has left.
    struct Freed {
        Cycle visible_from;
        uint64_t beats;  ///< since reset, with this burst
        friend bool operator==(const Freed& a, const Freed& b) {
            return a.visible_from == b.visible_from && a.beats == b.beats;
        }
    };

    /// Prepares the head of the queue for reading.
    void prepare(const spec::DeviceParams& p);
    /// The cycle in which the next beat of the prepared store is read; kNever if not known yet.
    Cycle next_beat(const spec::DeviceParams& p, const Scoreboard& scoreboard) const;
    /// How many beats can be read one a cycle from then on: of this row and of those after it that
    /// are merged in time.
    uint32_t beats_at_once(const spec::DeviceParams& p, const Scoreboard& scoreboard) const;
    /// Reads so many beats from cycle `at` on, which may be to come. With the last one the bank's
    /// release is known. `now`: all readers have come so far.
    void read_beats(uint32_t beats, Scoreboard& scoreboard, Cycle at, Cycle now);
    /// The first cycle in which the next burst can be presented, as far as the port is free; kNever
    /// if not known yet.
    Cycle next_address() const;
    /// Presents the next burst in cycle `at`. With its last one the store leaves the queue.
    Address present(Cycle at);
    /// The last of a burst's beats leaves in cycle `last_beat`.
    void written(uint32_t beats, Cycle last_beat);
    /// The response of a store's last burst comes in this cycle: it retires.
    void retire(Cycle response, Cycle now) {
        retired.post(response + 1);
        retired.trim(now);
    }

    CommandQueue queue;
    // The command at the head.
    bool prepared = false;
    uint32_t row_beats = 0, row = 0, beat = 0;  ///< next beat to read
    uint64_t beats_left = 0;                    ///< to read
    BurstPlan plan;
    BurstPlan::Burst burst;  ///< next to present
    Cycle read_from = 0;     ///< the state bank is read once a cycle
    // The FIFO.
    std::deque<Beats> fifo;   ///< read and not presented
    uint64_t beats_read = 0;  ///< since reset
    std::deque<Freed> freed;
    uint64_t freed_floor = 0;  ///< beats freed that `freed` no longer lists
    Milestones retired;
    void walk(StateWalk& walk, const Scoreboard& scoreboard) {
        queue.walk(walk, scoreboard, kNever);  // stalls are booked from then on
        plan.walk(walk);
        for (const uint64_t field :
             {uint64_t{prepared}, uint64_t{row_beats}, uint64_t{row}, uint64_t{beat}, beats_left,
              burst.address % spec::kWriteBurstBytes, uint64_t{burst.beats}, fifo.size(),
              freed.size()})
            walk.plain(field);
        walk.count(freed_floor, beats_read);
        walk.cycle(read_from);
        for (Beats& beats : fifo) {
            walk.cycle(beats.first, beats.count);
            walk.plain(beats.count);
        }
        for (Freed& space : freed) {
            walk.cycle(space.visible_from);
            walk.count(space.beats, beats_read);
        }
        walk.count(beats_read);
        retired.walk(walk);
    }
    auto fields() const {
        return std::tie(queue, prepared, row_beats, row, beat, beats_left, plan, burst, read_from,
                        fifo, beats_read, freed, freed_floor, retired);
    }
    friend bool operator==(const StoreTiming& a, const StoreTiming& b) {
        return a.fields() == b.fields();
    }
};

}  // namespace tessera::hw
