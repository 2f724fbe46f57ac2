// SPDX-License-Identifier: MIT
// The counters and the time lines of the engines that feed them. spec/counters.h defines each.
#pragma once
#include <algorithm>
#include <array>

#include "hw_model/core/visible.h"
#include "spec/counters.h"

namespace tessera::hw {

using spec::Counter;
using CounterValues = std::array<uint64_t, spec::kCounters>;

class Counters {
  public:
    uint64_t& operator[](Counter c) { return values_[static_cast<size_t>(c)]; }
    const CounterValues& values() const { return values_; }
    /// An event of cycle `now` that may lie before the retirement of a FENCE whose snapshot was
    /// taken ahead: descriptors are fetched while it is under way.
    void add(Counter c, uint64_t n, Cycle now) {
        values_[static_cast<size_t>(c)] += n;
        if (CounterValues* ahead = snapshot_.pending(now + 1))
            (*ahead)[static_cast<size_t>(c)] += n;
    }

    bool running() const { return start_ != kNever; }
    /// The window opens when the first descriptor read is accepted.
    void open(Cycle accepted) {
        if (!running()) start_ = accepted;
    }
    Cycle start() const { return start_; }

    /// What the CSR shows.
    const CounterValues& snapshot(Cycle now) const { return snapshot_.get(now); }
    void take(const CounterValues& values, Cycle now, Cycle visible_from) {
        snapshot_.set(values, now, visible_from);
    }
    void clear() { *this = Counters(); }

  private:
    CounterValues values_{};
    Cycle start_ = kNever;
    Register<CounterValues> snapshot_;
};

/// Time line of an engine that works on several commands at once (load, store): busy from a start
/// to the last retirement, stalled while only waiting, idle otherwise. Commands are added in order.
class OverlappedActivity {
  public:
    /// A command seen at the head of its queue from `head` on, started and retired in these cycles.
    void add(Cycle head, Cycle start, Cycle retire, Cycle window_start) {
        covered_ = std::max(covered_, window_start);
        head = std::max(head, covered_);
        if (head > covered_) idle_ += head - covered_;
        if (start > head) stall_ += start - head;
        busy_ += retire + 1 - std::max({start, covered_});
        covered_ = retire + 1;
    }
    /// Totals of the cycles before `end`.
    void report(Cycle end, Cycle window_start, uint64_t& busy, uint64_t& stall,
                uint64_t& idle) const {
        const Cycle covered = std::max(covered_, window_start);
        busy = covered > end ? busy_ - (covered - end) : busy_;
        stall = stall_;
        idle = covered < end ? idle_ + (end - covered) : idle_;
    }
    void clear() { *this = OverlappedActivity(); }

  private:
    Cycle covered_ = 0;
    uint64_t busy_ = 0, stall_ = 0, idle_ = 0;
};

}  // namespace tessera::hw
