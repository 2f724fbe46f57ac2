// SPDX-License-Identifier: MIT
// Many column commands in one step, where nothing can come between.
#include "hw_model/memory/dram_channel.h"

#include <algorithm>

namespace tessera::hw {

/// Are all that wait hits of one direction, in at most one bank a rank? Then the ranks share
/// nothing but the column bus. Fills in streams_.
bool DramChannel::only_streams() {
    if (refreshing_ || queued_[1 - direction_] != 0) return false;
    streams_.clear();
    uint64_t ranks = 0;
    for (uint64_t left = busy_; left != 0; left &= left - 1) {
        const uint32_t bank = static_cast<uint32_t>(__builtin_ctzll(left));
        const Bank& b = banks_[bank];
        const BankQueue& queue = b.queue[direction_];
        const uint64_t rank = uint64_t{1} << rank_of(bank);
        if (b.activated != kNone || queue.miss != kNone || (ranks & rank) != 0) return false;
        ranks |= rank;
        streams_.push_back({bank, queue.hit, column_clock(bank, direction_ != 0), 0, 0});
    }
    return true;
}

/// The next column command of the streams: the oldest of those that are ready first.
DramChannel::Stream* DramChannel::next_stream(Clock& clock) {
    Stream* next = nullptr;
    clock = kNoClock;
    for (Stream& s : streams_) {
        const Clock at = std::max({s.next, column_bus_ok_, now_});
        if (at > clock || (at == clock && entries_[s.entry].age > entries_[next->entry].age))
            continue;
        clock = at;
        next = &s;
    }
    return next;
}

/// Takes note of what a stream has issued of its entry.
void DramChannel::flush(Stream& s, std::vector<DramColumns>& columns) {
    if (s.issued == 0) return;
    stats_.hits += s.issued;
    columns_issued(s.bank, s.entry, s.issued, s.last, columns);
    s.issued = 0;
}

/// accept() while only streams are waiting; false if what comes next is something else.
bool DramChannel::accept_streams() {
    auto& arrivals = arrivals_[direction_];
    while (!arrivals.empty() && arrivals.front().first <= now_ && queued_[direction_] < kQueue) {
        DramRun& run = arrivals.front().second;
        const uint32_t bank = bank_index(run);
        const uint32_t count = std::min(run.count, kQueue - queued_[direction_]);
        if (!extend(run, count)) {
            if ((busy_ >> bank & 1) == 0 || banks_[bank].row != run.row) return false;
            append(bank, new_entry(run, count, age_));
        }
        age_ += count;
        queued_[direction_] += count;
        run.count -= count;
        if (run.count == 0) arrivals.pop_front();
    }
    return true;
}

/// The common case, many commands in one step: goes on until a bank has nothing left, something
/// else arrives or a refresh is due. False if nothing was issued.
bool DramChannel::stream(Clock until, std::vector<DramColumns>& columns) {
    if (!only_streams()) return false;
    const DramCommand command = direction_ != 0 ? DramCommand::kWrite : DramCommand::kRead;
    const auto& arrivals = arrivals_[direction_];
    const auto& others = arrivals_[1 - direction_];
    Clock end = std::min(until, refresh_next_);
    if (!others.empty()) end = std::min(end, others.front().first);
    bool any = false;
    for (bool alone = true; alone;) {
        Clock stop = end;
        if (!arrivals.empty() && queued_[direction_] < kQueue)
            stop = std::min(stop, arrivals.front().first);
        Clock clock;
        Stream& s = *next_stream(clock);
        if (clock >= stop) break;
        note(command, clock, s.bank);
        any = true;
        ++s.issued;
        s.last = clock;
        s.next = clock + spacing_;
        Entry& entry = entries_[s.entry];
        --entry.run.count;
        ++entry.age;
        --queued_[direction_];
        now_ = column_bus_ok_ = clock + 1;
        if (entry.run.count == 0) {
            flush(s, columns);
            BankQueue& queue = banks_[s.bank].queue[direction_];
            queue.first = entry.next;
            if (queue.first == kNone) queue.last = kNone;
            hit_taken(s.bank, s.entry);
            s.entry = queue.hit;
            alone = s.entry != kNone;
        }
        alone = alone && now_ < end && accept_streams();
    }
    for (Stream& s : streams_) flush(s, columns);
    return any;
}

}  // namespace tessera::hw
