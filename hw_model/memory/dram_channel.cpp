// SPDX-License-Identifier: MIT
// Queues, the choice of the next command, and the passing of time.
#include "hw_model/memory/dram_channel.h"

#include <algorithm>
#include <cassert>

namespace tessera::hw {

DramChannel::DramChannel(const DramSpec& spec)
    : spec_(spec),
      groups_per_rank_(spec.organisation.bank_groups),
      banks_per_group_(spec.organisation.banks_per_group),
      banks_per_rank_(spec.organisation.banks()),
      spacing_(std::max({spec.timing.nCCDL, spec.timing.nCCDS, 1u})),
      banks_(size_t{spec.organisation.pseudo_channels} * spec.organisation.banks()),
      groups_(size_t{spec.organisation.pseudo_channels} * spec.organisation.bank_groups),
      ranks_(spec.organisation.pseudo_channels) {
    assert(banks_.size() <= 64);  // bits of busy_
    for (Rank& rank : ranks_)
        rank.refresh_due = refresh_next_ = spec.timing.nREFI != 0 ? spec.timing.nREFI : kNoClock;
}

void DramChannel::arrive(const DramRun& run, Clock clock) {
    assert(run.count != 0);
    arrivals_[run.write ? 1 : 0].emplace_back(clock, run);
}

/// What has arrived by now goes into the queues as far as they have room.
void DramChannel::accept() {
    for (uint32_t write = 0; write < 2; ++write) {
        auto& arrivals = arrivals_[write];
        while (!arrivals.empty() && arrivals.front().first <= now_ && queued_[write] < kQueue) {
            DramRun& run = arrivals.front().second;
            const uint32_t count = std::min(run.count, kQueue - queued_[write]);
            if (!extend(run, count)) {
                append(bank_index(run), new_entry(run, count, age_));
                chosen_ = false;
            }
            age_ += count;
            queued_[write] += count;
            run.count -= count;
            if (run.count == 0) arrivals.pop_front();
        }
    }
}

/// `count` more transactions of a run of which others are waiting, the last ones that came: nothing
/// changes but their number.
bool DramChannel::extend(const DramRun& run, uint32_t count) {
    const uint32_t last = banks_[bank_index(run)].queue[run.write ? 1 : 0].last;
    if (last == kNone) return false;
    Entry& entry = entries_[last];
    const bool same = entry.run.user == run.user && entry.run.row == run.row &&
                      entry.age + entry.run.count == age_;
    if (same) entry.run.count += count;
    return same;
}

/// An entry with `count` transactions of `run`.
uint32_t DramChannel::new_entry(const DramRun& run, uint32_t count, uint64_t age) {
    if (free_.empty()) {
        free_.push_back(static_cast<uint32_t>(entries_.size()));
        entries_.emplace_back();
    }
    const uint32_t entry = free_.back();
    free_.pop_back();
    entries_[entry] = {run, age, kNone, kNoAge};
    entries_[entry].run.count = count;
    return entry;
}

Clock DramChannel::next_acceptance() const {
    Clock next = kNoClock;
    for (uint32_t write = 0; write < 2; ++write)
        if (!arrivals_[write].empty() && queued_[write] < kQueue)
            next = std::min(next, arrivals_[write].front().first);
    return next;
}

/// Which way goes first, given what goes first now.
uint32_t DramChannel::direction() const {
    if (queued_[1] == 0 || (queued_[0] != 0 && queued_[1] <= kDrainTo)) return 0;
    if (queued_[0] == 0 || queued_[1] >= kDrainFrom) return 1;
    return direction_;
}

void DramChannel::append(uint32_t bank, uint32_t entry) {
    busy_ |= uint64_t{1} << bank;
    const DramRun& run = entries_[entry].run;
    BankQueue& queue = banks_[bank].queue[run.write ? 1 : 0];
    if (queue.first == kNone)
        queue.first = entry;
    else
        entries_[queue.last].next = entry;
    queue.last = entry;
    uint32_t& kind = run.row == banks_[bank].row ? queue.hit : queue.miss;
    if (kind == kNone) kind = entry;
}

/// The first `count` transactions of an entry leave the queue; without any left, so does the entry.
/// The queue's candidates are then out of date.
void DramChannel::take(uint32_t bank, uint32_t entry, uint32_t count) {
    Entry& e = entries_[entry];
    queued_[e.run.write ? 1 : 0] -= count;
    e.run.count -= count;
    if (e.run.count != 0)
        e.age += count;
    else
        unlink(bank, entry);
}

void DramChannel::unlink(uint32_t bank, uint32_t entry) {
    const Entry& e = entries_[entry];
    BankQueue& queue = banks_[bank].queue[e.run.write ? 1 : 0];
    uint32_t before = kNone;
    for (uint32_t i = queue.first; i != entry; i = entries_[i].next) before = i;
    (before == kNone ? queue.first : entries_[before].next) = e.next;
    if (queue.last == entry) queue.last = before;
}

/// The entry is done.
void DramChannel::release(uint32_t bank, uint32_t entry) {
    free_.push_back(entry);
    const Bank& b = banks_[bank];
    if (b.activated == kNone && b.queue[0].first == kNone && b.queue[1].first == kNone)
        busy_ &= ~(uint64_t{1} << bank);
}

void DramChannel::find_candidates(Bank& bank) {
    for (BankQueue& queue : bank.queue) {
        queue.hit = queue.miss = kNone;
        for (uint32_t e = queue.first; e != kNone; e = entries_[e].next) {
            uint32_t& kind = entries_[e].run.row == bank.row ? queue.hit : queue.miss;
            if (kind == kNone) kind = e;
            if (queue.hit != kNone && queue.miss != kNone) break;
        }
    }
}

Clock DramChannel::column_clock(uint32_t bank, bool write) const {
    const Bank& b = banks_[bank];
    const Group& group = groups_[group_of(bank)];
    const Rank& rank = ranks_[rank_of(bank)];
    return write ? std::max({b.write_ok, group.write_ok, rank.write_ok, column_bus_ok_})
                 : std::max({b.read_ok, group.read_ok, rank.read_ok, column_bus_ok_});
}

Clock DramChannel::activate_clock(uint32_t bank) const {
    const Rank& rank = ranks_[rank_of(bank)];
    const Clock four = rank.activates[rank.next_activate];
    const Clock window = four == kNoClock ? 0 : four + spec_.timing.nFAW;
    const Clock timing = std::max(
        {banks_[bank].activate_ok, groups_[group_of(bank)].activate_ok, rank.activate_ok, window});
    const uint32_t ahead = spec_.organisation.activate_clocks - 1;  // timings count from the last
    return std::max(timing > ahead ? timing - ahead : 0, row_bus_ok_);
}

void DramChannel::consider(Choice& best, Kind kind, Clock clock, uint32_t bank,
                           uint32_t entry) const {
    clock = std::max(clock, now_);
    if (clock > best.clock) return;
    const uint64_t age = entries_[entry].age;
    if (clock == best.clock) {
        const bool first = kind == Kind::kActivated, best_first = best.kind == Kind::kActivated;
        if (first != best_first ? best_first : age > best.age) return;
    }
    best = {clock, kind, age, bank, entry};
}

/// The next column and the next row command, if nothing else happens before.
void DramChannel::choose() {
    direction_ = direction();
    chosen_ = true;
    Choice column, row;
    for (uint64_t left = busy_; left != 0; left &= left - 1) {
        const uint32_t bank = static_cast<uint32_t>(__builtin_ctzll(left));
        const Bank& b = banks_[bank];
        if (b.activated != kNone) {
            const bool write = entries_[b.activated].run.write;
            consider(column, Kind::kActivated, column_clock(bank, write), bank, b.activated);
        }
        if (refreshing_) continue;
        const BankQueue& queue = b.queue[direction_];
        if (queue.hit != kNone)
            consider(column, Kind::kHit, column_clock(bank, direction_ != 0), bank, queue.hit);
        if (queue.miss == kNone) continue;
        if (b.row == kClosed)
            consider(row, Kind::kRow, activate_clock(bank), bank, queue.miss);
        else if (b.activated == kNone)
            consider(row, Kind::kRow, std::max(b.precharge_ok, row_bus_ok_), bank, queue.miss);
    }
    column_ = column;
    row_ = row;
}

void DramChannel::run(Clock until, std::vector<DramColumns>& columns) {
    while (now_ < until) {
        accept();
        bool issued = false;
        if (refreshing_ || refresh_next_ <= now_) refresh_next_ = advance_refreshes(issued);
        if (!chosen_) choose();
        bool take_column = column_.clock == now_, take_row = row_.clock == now_;
        if (take_column && take_row) {
            // One bus: activated first, then the older. Two: not both to one bank.
            if (spec_.organisation.command_buses == 2)
                take_row = column_.bank != row_.bank;
            else if (column_.kind == Kind::kActivated || column_.age < row_.age)
                take_row = false;
            else
                take_column = false;
        }
        if (take_column && !take_row && column_.kind == Kind::kHit && stream(until, columns)) {
            chosen_ = false;
            next_ = now_;
            continue;
        }
        if (take_column) issue_column(columns);
        if (take_row) issue_row();
        if (issued || take_column || take_row) {
            chosen_ = false;
            next_ = now_ + 1;
        } else {
            next_ = std::min({next_acceptance(), refresh_next_, column_.clock, row_.clock});
        }
        now_ = std::min(until, next_);
    }
}

}  // namespace tessera::hw
