// SPDX-License-Identifier: MIT
#include "hw_model/front/counters.h"

namespace tessera::hw {
namespace {

/// Where a time line's cycles are counted. The stages have several kinds of stalls, which they book
/// themselves.
struct Buckets {
    Counter busy, stall, idle;
};
constexpr std::array<Buckets, kTimeLines> kBuckets{{
    {Counter::kLoadBusy, Counter::kLoadStall, Counter::kLoadIdle},
    {Counter::kScoreBusy, Counter::kScoreStallQ, Counter::kScoreIdle},
    {Counter::kValueBusy, Counter::kValueStallV, Counter::kValueIdle},
    {Counter::kStoreBusy, Counter::kStoreStall, Counter::kStoreIdle},
}};

constexpr const Buckets& buckets(TimeLine line) { return kBuckets[static_cast<size_t>(line)]; }

}  // namespace

void Counters::book_command(TraceLog& trace, TimeLine line, Cycle head, Cycle start, Cycle retire) {
    Counters& n = *this;
    const Cycle before = booked(line);
    head = std::max(head, before);
    n[buckets(line).idle] += head - before;
    if (start > head) {
        n[buckets(line).stall] += start - head;
        trace.stalled(buckets(line).stall, head, start);
    }
    n[buckets(line).busy] += retire + 1 - std::max(start, before);
    booked_[static_cast<size_t>(line)] = retire + 1;
}

void Counters::book_keys(TimeLine line, Cycle from, Cycle cycles) {
    (*this)[buckets(line).busy] += cycles;
    booked_[static_cast<size_t>(line)] = from + cycles;
}

/// What was booked ahead is not over by then, and what was not booked is idle.
void Counters::take_snapshot(Cycle retire, Cycle now) {
    CounterValues values = values_;
    const auto at = [&](Counter c) -> uint64_t& { return values[static_cast<size_t>(c)]; };
    at(Counter::kCycles) = retire - start_;
    for (const TimeLine line :
         {TimeLine::kLoad, TimeLine::kScore, TimeLine::kValue, TimeLine::kStore}) {
        const Cycle end = booked(line);
        if (end < retire) at(buckets(line).idle) += retire - end;
        if (end > retire) at(buckets(line).busy) -= end - retire;
    }
    snapshot_.set(values, now, retire + 1);
}

}  // namespace tessera::hw
