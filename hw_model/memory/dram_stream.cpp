// SPDX-License-Identifier: MIT
// Many column commands in one step, where nothing can come between.
#include "hw_model/memory/dram_channel.h"

#include <algorithm>

namespace tessera::hw {

/// Fills in streams_ with the hits that wait, one for each bank. Until the returned clock columns
/// are all that can be issued: no row command, no refresh, no column of a row just opened; and
/// nothing arrives that goes the other way.
Clock DramChannel::find_streams() {
    if (refreshing_) return 0;
    // Columns can put off the row command and columns of other banks, but not bring them forward.
    Clock end = std::min(row_.clock, refresh_next_);
    const auto& others = arrivals_[1 - direction_];
    if (!others.empty()) end = std::min(end, others.front().first);
    streams_.clear();
    for (uint64_t left = busy_; left != 0; left &= left - 1) {
        const uint32_t bank = static_cast<uint32_t>(__builtin_ctzll(left));
        const Bank& b = banks_[bank];
        if (b.activated != kNone)
            end = std::min(end, column_clock(bank, entries_[b.activated].run.write));
        const uint32_t hit = b.queue[direction_].hit;
        if (hit != kNone)
            streams_.push_back({bank, group_of(bank), rank_of(bank), hit, entries_[hit].age,
                                column_clock(bank, direction_ != 0), 0, 0});
    }
    return end;
}

/// The next column command of the streams: the oldest of those that are ready first.
size_t DramChannel::next_stream(Clock& clock) const {
    size_t next = 0;
    clock = kNoClock;
    const Clock from = std::max(column_bus_ok_, now_);
    for (size_t i = 0; i < streams_.size(); ++i) {
        const Stream& s = streams_[i];
        const Clock at = std::max(s.next, from);
        if (at > clock || (at == clock && s.age > streams_[next].age)) continue;
        clock = at;
        next = i;
    }
    return next;
}

/// A column of a stream in clock `clock`; the others have to keep their distance.
void DramChannel::advance_streams(Stream& s, Clock clock) {
    for (Stream& other : streams_)
        if (other.rank == s.rank)
            other.next = std::max(other.next,
                                  clock + (other.group == s.group ? spacing_ : spec_.timing.nCCDS));
    ++s.issued;
    ++s.age;
    s.last = clock;
    --queued_[direction_];
    now_ = column_bus_ok_ = clock + 1;
}

/// Takes note of what a stream has issued of its entry.
void DramChannel::flush(Stream& s, std::vector<DramColumns>& columns) {
    if (s.issued == 0) return;
    stats_.hits += s.issued;
    Entry& entry = entries_[s.entry];
    entry.run.count -= s.issued;
    entry.run.column += s.issued;
    entry.age += s.issued;
    columns_issued(s.bank, s.entry, s.issued, s.last, columns);
    s.issued = 0;
}

/// The stream's entry is done: it goes on with the bank's next hit, if there is one.
void DramChannel::next_entry(size_t index, std::vector<DramColumns>& columns) {
    Stream& s = streams_[index];
    flush(s, columns);
    unlink(s.bank, s.entry);
    hit_taken(s.bank, s.entry);
    s.entry = banks_[s.bank].queue[direction_].hit;
    if (s.entry != kNone) {
        s.age = entries_[s.entry].age;
        return;
    }
    s = streams_.back();
    streams_.pop_back();
}

/// accept() while streams go on; false if what comes next is more than a longer queue of one.
bool DramChannel::accept_streams() {
    auto& arrivals = arrivals_[direction_];
    while (!arrivals.empty() && arrivals.front().first <= now_ && queued_[direction_] < kQueue) {
        auto& [arrived, run] = arrivals.front();
        uint32_t count = std::min(run.count, kQueue - queued_[direction_]);
        if (forwarding_ && forwards(arrived, run, count)) return false;
        if (!extend(run, count)) {
            const uint32_t bank = bank_index(run);
            const Bank& b = banks_[bank];
            if (b.row != run.row || b.queue[direction_].hit == kNone) return false;
            append(bank, new_entry(run, count, age_, now_));
        }
        age_ += count;
        queued_[direction_] += count;
        run.count -= count;
        run.column += count;
        if (run.count == 0) arrivals.pop_front();
    }
    return true;
}

/// The common case, many commands in one step: goes on until anything but a column of an open row
/// comes next, or may. False if nothing was issued.
bool DramChannel::stream(Clock until, std::vector<DramColumns>& columns) {
    const Clock end = std::min(until, find_streams());
    const DramCommand command = direction_ != 0 ? DramCommand::kWrite : DramCommand::kRead;
    const auto& arrivals = arrivals_[direction_];
    const Clock before = now_;
    bool turns = false;
    while (now_ < end && !turns && accept_streams() && !streams_.empty()) {
        Clock stop = end;
        if (!arrivals.empty() && queued_[direction_] < kQueue)
            stop = std::min(stop, arrivals.front().first);
        Clock clock;
        const size_t next = next_stream(clock);
        if (clock >= stop) break;
        turns = turns_after_column();
        // A row command of the other direction may go in the same clock.
        if (turns && looks_again_) break;
        Stream& s = streams_[next];
        note(command, clock, s.bank);
        advance_streams(s, clock);
        if (entries_[s.entry].run.count == s.issued) next_entry(next, columns);
    }
    for (Stream& s : streams_) flush(s, columns);
    return now_ != before;
}

}  // namespace tessera::hw
