// SPDX-License-Identifier: MIT
#include "hw_model/memory/dram_channel.h"

#include <algorithm>
#include <cassert>

namespace tessera::hw {

namespace {

void raise(Clock& clock, Clock to) { clock = std::max(clock, to); }

}  // namespace

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

void DramChannel::choose_direction() {
    if (queued_[1] == 0 || (queued_[0] != 0 && queued_[1] <= kDrainTo))
        direction_ = 0;
    else if (queued_[0] == 0 || queued_[1] >= kDrainFrom)
        direction_ = 1;
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
    if (e.run.count != 0) {
        e.age += count;
        return;
    }
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

/// When the next command towards a refresh that is due may be issued.
Clock DramChannel::refresh_clock(uint32_t rank) const {
    Clock clock = row_bus_ok_;
    for (uint32_t b = rank * banks_per_rank_; b < (rank + 1) * banks_per_rank_; ++b) {
        const Bank& bank = banks_[b];
        if (bank.activated != kNone) return kNoClock;
        if (ranks_[rank].open == 0)
            raise(clock, bank.activate_ok);
        else if (bank.row != kClosed)
            raise(clock, bank.precharge_ok);
    }
    return clock;
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
    choose_direction();
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

/// Notes `count` column commands of an entry, the last of them in clock `last`.
void DramChannel::columns_issued(uint32_t index, uint32_t entry_index, uint32_t count, Clock last,
                                 std::vector<DramColumns>& columns) {
    const DramTiming& t = spec_.timing;
    Bank& bank = banks_[index];
    Group& group = groups_[group_of(index)];
    Rank& rank = ranks_[rank_of(index)];
    const Entry& entry = entries_[entry_index];
    const bool write = entry.run.write;
    raise(group.read_ok, last + (write ? t.write_to_read_same_group() : t.nCCDL));
    raise(rank.read_ok, last + (write ? t.write_to_read() : t.nCCDS));
    raise(group.write_ok, last + (write ? t.nCCDL : t.read_to_write()));
    raise(rank.write_ok, last + (write ? t.nCCDS : t.read_to_write()));
    raise(bank.precharge_ok, last + (write ? t.write_to_precharge() : t.nRTP));
    raise(column_bus_ok_, last + 1);
    if (spec_.organisation.command_buses == 1) raise(row_bus_ok_, last + 1);

    const uint32_t latency = (write ? t.nCWL : t.nCL) + t.nBL;
    columns.push_back({entry.run.user, count, last, write ? last : last + latency, write});
    stats_.last_data = std::max(stats_.last_data, last + latency);
    if (stats_.reads + stats_.writes != 0 && write != last_was_write_) ++stats_.turnarounds;
    (write ? stats_.writes : stats_.reads) += count;
    last_was_write_ = write;
}

void DramChannel::issue_column(std::vector<DramColumns>& columns) {
    Bank& bank = banks_[column_.bank];
    const Entry& entry = entries_[column_.entry];
    note(entry.run.write ? DramCommand::kWrite : DramCommand::kRead, now_, column_.bank);
    columns_issued(column_.bank, column_.entry, 1, now_, columns);
    if (column_.kind == Kind::kActivated) {
        ++(entry.conflicted == entry.age ? stats_.conflicts : stats_.misses);
        bank.activated = kNone;
        release(column_.bank, column_.entry);
        return;
    }
    ++stats_.hits;
    take(column_.bank, column_.entry, 1);
    hit_taken(column_.bank, column_.entry);
}

/// If an entry that was its bank's oldest hit is done, the next younger one takes its place.
void DramChannel::hit_taken(uint32_t index, uint32_t entry) {
    if (entries_[entry].run.count != 0) return;
    const Bank& bank = banks_[index];
    uint32_t& hit = banks_[index].queue[entries_[entry].run.write ? 1 : 0].hit;
    do {
        hit = entries_[hit].next;
    } while (hit != kNone && entries_[hit].run.row != bank.row);
    release(index, entry);
}

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

void DramChannel::take_row_bus(uint32_t clocks) {
    row_bus_ok_ = now_ + clocks;
    if (spec_.organisation.command_buses == 1) column_bus_ok_ = now_ + clocks;
}

void DramChannel::issue_row() {
    if (banks_[row_.bank].row == kClosed)
        activate(row_.bank, row_.entry);
    else
        precharge(row_.bank, row_.entry);
    find_candidates(banks_[row_.bank]);
}

void DramChannel::activate(uint32_t bank, uint32_t entry) {
    const DramTiming& t = spec_.timing;
    const uint32_t clocks = spec_.organisation.activate_clocks;
    const Clock from = now_ + clocks - 1;
    Bank& b = banks_[bank];
    Rank& rank = ranks_[rank_of(bank)];
    b.row = entries_[entry].run.row;
    raise(b.read_ok, from + t.nRCDRD);
    raise(b.write_ok, from + t.nRCDWR);
    raise(b.precharge_ok, from + t.nRAS);
    raise(b.activate_ok, from + t.nRC);
    raise(groups_[group_of(bank)].activate_ok, from + t.nRRDL);
    raise(rank.activate_ok, from + t.nRRDS);
    rank.activates[rank.next_activate] = from;
    rank.next_activate = (rank.next_activate + 1) % 4;
    ++rank.open;
    // The first transaction leaves the queue, the others of its run are hits from now on.
    const DramRun run = entries_[entry].run;
    b.activated = entry;
    if (run.count > 1) {
        b.activated = new_entry(run, 1, entries_[entry].age);
        entries_[b.activated].conflicted = entries_[entry].conflicted;
    }
    take(bank, entry, 1);
    take_row_bus(clocks);
    ++stats_.activates;
    note(DramCommand::kActivate, now_, bank);
}

void DramChannel::precharge(uint32_t bank, uint32_t entry) {
    Bank& b = banks_[bank];
    note(DramCommand::kPrecharge, now_, bank);
    b.row = kClosed;
    raise(b.activate_ok, now_ + spec_.timing.nRP);
    --ranks_[rank_of(bank)].open;
    entries_[entry].conflicted = entries_[entry].age;
    take_row_bus(1);
    ++stats_.precharges;
}

/// Precharge all banks of the rank, or if they are closed, refresh.
void DramChannel::issue_refresh(uint32_t rank) {
    Rank& r = ranks_[rank];
    const uint32_t first = rank * banks_per_rank_;
    const bool precharge = r.open != 0;
    note(precharge ? DramCommand::kPrechargeAll : DramCommand::kRefresh, now_, first);
    for (uint32_t b = first; b < first + banks_per_rank_; ++b) {
        Bank& bank = banks_[b];
        if (precharge && bank.row == kClosed) continue;
        bank.row = kClosed;
        raise(bank.activate_ok, now_ + (precharge ? spec_.timing.nRP : spec_.timing.nRFC));
        if (precharge) find_candidates(bank);
    }
    take_row_bus(1);
    if (precharge) {
        r.open = 0;
        ++stats_.precharges;
        return;
    }
    ++stats_.refreshes;
    stats_.refresh_clocks += now_ + spec_.timing.nRFC - r.refresh_due;
    while (r.refresh_due <= now_) r.refresh_due += spec_.timing.nREFI;
}

/// Refreshes that are due go on one after the other; returns when the next one does, or the next
/// becomes due.
Clock DramChannel::advance_refreshes(bool& issued) {
    Clock next = kNoClock;
    chosen_ = refreshing_ = false;
    for (uint32_t r = 0; r < ranks_.size(); ++r) {
        Clock clock = ranks_[r].refresh_due;
        if (clock <= now_) {
            if (refreshing_) continue;
            refreshing_ = true;
            clock = std::max(refresh_clock(r), now_);
            if (clock == now_ && !issued) {
                issue_refresh(r);
                issued = true;
            }
        }
        next = std::min(next, clock);
    }
    return next;
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
        if (take_column && column_.kind == Kind::kHit && row_.clock == kNoClock &&
            stream(until, columns)) {
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

void DramChannel::note(DramCommand command, Clock clock, uint32_t bank) {
    if (log_ == nullptr) return;
    const uint32_t group = group_of(bank);
    log_->push_back({command, clock, rank_of(bank), group % groups_per_rank_,
                     bank % banks_per_group_, banks_[bank].row});
}

}  // namespace tessera::hw
