// SPDX-License-Identifier: MIT
// The counters (spec/counters.h defines each) and their snapshot at a FENCE. Units count events,
// and book what load engine, store engine, score stage and value stage did in each cycle: the four
// time lines, whose cycles are all busy, stalled or idle.
#pragma once
#include <algorithm>
#include <array>

#include "hw_model/core/trace_log.h"
#include "hw_model/core/visible.h"
#include "spec/counters.h"

namespace tessera::hw {

using spec::Counter;
using CounterValues = std::array<uint64_t, spec::kCounters>;

/// Who has a time line.
enum class TimeLine : uint32_t { kLoad, kScore, kValue, kStore };
inline constexpr uint32_t kTimeLines = 4;

class Counters {
  public:
    uint64_t& operator[](Counter c) { return values_[static_cast<size_t>(c)]; }
    /// An event of cycle `now` that may lie before the retirement of a FENCE whose snapshot was
    /// taken ahead: descriptors are fetched while it is under way.
    void add(Counter c, uint64_t n, Cycle now) {
        values_[static_cast<size_t>(c)] += n;
        if (CounterValues* ahead = snapshot_.pending(now + 1))
            (*ahead)[static_cast<size_t>(c)] += n;
    }

    /// The window opens when the first descriptor read is accepted.
    void open(Cycle accepted) {
        if (start_ == kNever) start_ = accepted;
    }

    /// First cycle of the window; kNever before it opens.
    Cycle window_start() const { return start_; }

    /// Load or store engine, which work on several commands at once: busy from a start to the last
    /// retirement, stalled while they only wait, idle otherwise. Books a command, in order, seen at
    /// the head of its queue from `head` on, and started and retired in these cycles. `trace` hears
    /// of stalls.
    void book_command(TraceLog& trace, TimeLine line, Cycle head, Cycle start, Cycle retire);

    /// Score or value stage: cycles without keys in front of a lane group.
    class Gap {
      public:
        Gap(Counters& counters, TraceLog& trace, Cycle begin, Cycle end)
            : counters_(counters), trace_(trace), booked_(begin), end_(end) {}
        /// Books the cycles before `at` that are not booked yet.
        void idle_until(Cycle at, Counter what) { book(at, what); }
        /// Likewise as a stall.
        void until(Cycle at, Counter what) {
            const Cycle begin = booked_;
            book(at, what);
            trace_.stalled(what, begin, booked_);
        }

      private:
        void book(Cycle at, Counter what) {
            const Cycle next = std::min(std::max(at, booked_), end_);
            counters_[what] += next - booked_;
            booked_ = next;
        }

        Counters& counters_;
        TraceLog& trace_;
        Cycle booked_, end_;
    };
    /// The gap from the keys booked last up to `end`.
    Gap gap(TraceLog& trace, TimeLine line, Cycle end) { return {*this, trace, booked(line), end}; }
    /// Books the keys of a lane group as busy cycles.
    void book_keys(TimeLine line, Cycle from, Cycle cycles);

    /// Of steady work: all that has come since `before` comes so many times more.
    void repeat(const CounterValues& before, uint64_t times) {
        for (size_t i = 0; i < values_.size(); ++i) values_[i] += (values_[i] - before[i]) * times;
    }
    /// All that is booked so far.
    const CounterValues& values() const { return values_; }
    void walk(StateWalk& walk) {
        for (Cycle& at : booked_) walk.progress(at);
    }
    /// No cycle before this one is booked any more by a stage or by loads.
    Cycle booked_by_all() const {
        return std::min(
            {booked(TimeLine::kLoad), booked(TimeLine::kScore), booked(TimeLine::kValue)});
    }

    /// Takes the snapshot of a FENCE that retires in cycle `retire`. The CSR shows it afterwards.
    void take_snapshot(Cycle retire, Cycle now);
    /// What the CSR shows.
    const CounterValues& snapshot(Cycle now) const { return snapshot_.get(now); }

  private:
    /// Cycles of a time line before this one are booked, or lie before the window.
    Cycle booked(TimeLine line) const {
        return std::max(booked_[static_cast<size_t>(line)], start_);
    }

    CounterValues values_{};
    Cycle start_ = kNever;
    std::array<Cycle, kTimeLines> booked_{};
    Register<CounterValues> snapshot_;
};

}  // namespace tessera::hw
