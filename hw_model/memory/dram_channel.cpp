// SPDX-License-Identifier: MIT
// Queues, the choice of the next command, and the passing of time.
#include "hw_model/memory/dram_channel.h"

#include <algorithm>
#include <cassert>
#include <tuple>

namespace tessera::hw {

DramChannel::DramChannel(const DramSpec& spec)
    : spec_(spec),
      groups_per_rank_(spec.organisation.bank_groups),
      banks_per_group_(spec.organisation.banks_per_group),
      banks_per_rank_(spec.organisation.banks()),
      spacing_(std::max({spec.timing.nCCDL, spec.timing.nCCDS, 1u})),
      two_buses_(spec.organisation.command_buses == 2),
      forwarding_(spec.controller.forwarding),
      looks_again_(two_buses_ && spec.controller.policy == DramPolicy::kRamulator2),
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
void DramChannel::accept(std::vector<DramColumns>& columns) {
    for (uint32_t write = 0; write < 2; ++write) {
        auto& arrivals = arrivals_[write];
        while (!arrivals.empty() && arrivals.front().first <= now_ && queued_[write] < kQueue) {
            auto& [arrived, run] = arrivals.front();
            uint32_t count = std::min(run.count, kQueue - queued_[write]);
            if (forwarding_ && forwards(arrived, run, count)) {
                columns.push_back({run.user, count, now_, now_ + kForward, false, true});
                stats_.forwarded += count;
            } else {
                if (!extend(run, count)) {
                    append(bank_index(run), new_entry(run, count, age_, now_));
                    chosen_ = false;
                }
                age_ += count;
                queued_[write] += count;
            }
            run.count -= count;
            run.column += count;
            if (run.count == 0) arrivals.pop_front();
        }
    }
    if (direction() != direction_) chosen_ = false;
}

/// Is the first transaction of a run a read of what a write in the queue holds that was there
/// before the run arrived? Cuts `count` to those of the run of which the same is true.
bool DramChannel::forwards(Clock arrived, const DramRun& run, uint32_t& count) const {
    if (run.write || queued_[1] == 0) return false;
    const auto held = [&](uint32_t column) {
        const BankQueue& writes = banks_[bank_index(run)].queue[1];
        for (uint32_t e = writes.first; e != kNone; e = entries_[e].next) {
            const Entry& entry = entries_[e];
            const uint32_t nth = column - entry.run.column;  // wraps: not below
            if (entry.run.row == run.row && nth < entry.run.count &&
                entry.accepted[(entry.age + nth) % kQueue] < arrived)
                return true;
        }
        return false;
    };
    const bool first = held(run.column);
    for (uint32_t i = 1; i < count; ++i)
        if (held(run.column + i) != first) count = i;
    return first;
}

/// `count` more transactions of a run of which others are waiting, the last ones that came: nothing
/// changes but their number.
bool DramChannel::extend(const DramRun& run, uint32_t count) {
    const uint32_t last = banks_[bank_index(run)].queue[run.write ? 1 : 0].last;
    if (last == kNone) return false;
    Entry& entry = entries_[last];
    const bool same = entry.run.user == run.user && entry.run.row == run.row &&
                      entry.run.column + entry.run.count == run.column &&
                      entry.age + entry.run.count == age_;
    if (!same) return false;
    entry.run.count += count;
    entry.note_accepted(age_, count, now_);
    return true;
}

/// An entry with `count` transactions of `run`.
uint32_t DramChannel::new_entry(const DramRun& run, uint32_t count, uint64_t age, Clock accepted) {
    if (free_.empty()) {
        free_.push_back(static_cast<uint32_t>(entries_.size()));
        entries_.emplace_back();
    }
    const uint32_t entry = free_.back();
    free_.pop_back();
    Entry& e = entries_[entry];
    e.run = run;
    e.run.count = count;
    e.age = age;
    e.next = kNone;
    e.conflicted = kNoAge;
    e.note_accepted(age, count, accepted);
    return entry;
}

Clock DramChannel::next_acceptance() const {
    Clock next = kNoClock;
    for (uint32_t write = 0; write < 2; ++write)
        if (!arrivals_[write].empty() && queued_[write] < kQueue)
            next = std::min(next, arrivals_[write].front().first);
    return next;
}

/// Does the controller ask in this clock which way goes first? `activated`: a column for an
/// activated bank goes.
bool DramChannel::looks_at_direction(bool activated) const {
    if (spec_.controller.policy == DramPolicy::kRegistered) return true;
    return !refreshing_ && (two_buses_ || !activated);
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
    e.run.column += count;
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
    const BankGroup& group = groups_[group_of(bank)];
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
    const uint64_t age = entries_[entry].age;
    if (clock > best.clock || (clock == best.clock && age > best.age)) return;
    best = {clock, kind, age, bank, entry};
}

/// The row command that a bank offers.
void DramChannel::consider_row(Choice& best, uint32_t bank) const {
    const Bank& b = banks_[bank];
    const uint32_t miss = b.queue[direction_].miss;
    if (miss == kNone) return;
    if (b.row == kClosed)
        consider(best, Kind::kRow, activate_clock(bank), bank, miss);
    else if (b.activated == kNone)
        consider(best, Kind::kRow, std::max(b.precharge_ok, row_bus_ok_), bank, miss);
}

/// The next column for an activated bank. Of those that are ready in one clock, that of the
/// transaction accepted in the earlier clock, then of the row opened first.
DramChannel::Choice DramChannel::next_activated() const {
    Choice best;
    auto first = std::make_tuple(kNoClock, kNoClock, kNoAge);
    for (uint64_t left = activated_; left != 0; left &= left - 1) {
        const uint32_t bank = static_cast<uint32_t>(__builtin_ctzll(left));
        const Bank& b = banks_[bank];
        const Entry& entry = entries_[b.activated];
        const Clock clock = std::max(column_clock(bank, entry.run.write), now_);
        const auto rank = std::make_tuple(clock, entry.first_accepted(), b.opened);
        if (rank >= first) continue;
        first = rank;
        best = {clock, Kind::kActivated, entry.age, bank, b.activated};
    }
    return best;
}

DramChannel::Choice DramChannel::next_row() const {
    Choice row;
    for (uint64_t left = busy_; left != 0; left &= left - 1)
        consider_row(row, static_cast<uint32_t>(__builtin_ctzll(left)));
    return row;
}

/// The next column and the next row command, if nothing else happens before.
void DramChannel::choose() {
    chosen_ = true;
    column_ = next_activated();
    row_ = Choice();
    if (looks_at_direction(column_.clock == now_)) direction_ = direction();
    if (refreshing_) return;
    Choice hit;
    for (uint64_t left = busy_; left != 0; left &= left - 1) {
        const uint32_t bank = static_cast<uint32_t>(__builtin_ctzll(left));
        const uint32_t entry = banks_[bank].queue[direction_].hit;
        if (entry != kNone)
            consider(hit, Kind::kHit, column_clock(bank, direction_ != 0), bank, entry);
        consider_row(row_, bank);
    }
    if (hit.clock < column_.clock) column_ = hit;
}

/// With two buses, after the column of this clock: its bank has no row command any more, and the
/// direction may be looked at once more.
void DramChannel::choose_row_again() {
    if (refreshing_) return;
    const bool turned = looks_again_ && direction() != direction_;
    if (turned) direction_ = direction();
    if (turned || (row_.clock == now_ && row_.bank == column_.bank)) row_ = next_row();
}

/// One bus has one command in a clock: a column for an activated bank, else the older.
void DramChannel::arbitrate(bool& take_column, bool& take_row) const {
    if (two_buses_ || !take_column || !take_row) return;
    if (column_.kind == Kind::kActivated || column_.age < row_.age)
        take_row = false;
    else
        take_column = false;
}

void DramChannel::run(Clock until, std::vector<DramColumns>& columns) {
    while (now_ < until) {
        accept(columns);
        bool issued = false;
        if (refreshing_ || refresh_next_ <= now_) refresh_next_ = advance_refreshes(issued);
        if (!chosen_) choose();
        bool take_column = column_.clock == now_, take_row = row_.clock == now_;
        arbitrate(take_column, take_row);
        if (take_column && !take_row && column_.kind == Kind::kHit && stream(until, columns)) {
            chosen_ = false;
            next_ = now_;
            continue;
        }
        if (take_column) {
            issue_column(columns);
            if (two_buses_) {
                choose_row_again();
                take_row = row_.clock == now_;
            }
        }
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
