// SPDX-License-Identifier: MIT
// What each command changes: the earliest clocks of later ones, and the counts.
#include "hw_model/memory/dram_channel.h"

#include <algorithm>

namespace tessera::hw {

namespace {

void raise(Clock& clock, Clock to) { clock = std::max(clock, to); }

}  // namespace

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

/// Notes `count` column commands of an entry, the last of them in clock `last`.
void DramChannel::columns_issued(uint32_t index, uint32_t entry_index, uint32_t count, Clock last,
                                 std::vector<DramColumns>& columns) {
    const DramTiming& t = spec_.timing;
    Bank& bank = banks_[index];
    BankGroup& group = groups_[group_of(index)];
    Rank& rank = ranks_[rank_of(index)];
    const Entry& entry = entries_[entry_index];
    const bool write = entry.run.write;
    raise(group.read_ok, last + (write ? t.write_to_read_same_group() : t.nCCDL));
    raise(rank.read_ok, last + (write ? t.write_to_read() : t.nCCDS));
    raise(group.write_ok, last + (write ? t.nCCDL : t.read_to_write()));
    raise(rank.write_ok, last + (write ? t.nCCDS : t.read_to_write()));
    raise(bank.precharge_ok, last + (write ? t.write_to_precharge() : t.nRTP));
    raise(column_bus_ok_, last + 1);
    if (!two_buses_) raise(row_bus_ok_, last + 1);

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
        activated_ &= ~(uint64_t{1} << column_.bank);
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

void DramChannel::take_row_bus(uint32_t clocks) {
    row_bus_ok_ = now_ + clocks;
    if (!two_buses_) column_bus_ok_ = now_ + clocks;
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
    b.opened = stats_.activates;
    activated_ |= uint64_t{1} << bank;
    if (run.count > 1) {
        const Clock accepted = entries_[entry].first_accepted();
        b.activated = new_entry(run, 1, entries_[entry].age, accepted);
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

/// Refreshes that are due go on one after the other, after a column for an activated bank; returns
/// when the next one does, or the next becomes due.
Clock DramChannel::advance_refreshes(bool& issued) {
    Clock next = kNoClock;
    chosen_ = refreshing_ = false;
    for (uint32_t r = 0; r < ranks_.size(); ++r) {
        Clock clock = ranks_[r].refresh_due;
        if (clock <= now_) {
            if (refreshing_) continue;
            refreshing_ = true;
            clock = std::max(refresh_clock(r), now_);
            const bool bus_free = two_buses_ || next_activated().clock != now_;
            if (clock == now_ && !issued && bus_free) {
                issue_refresh(r);
                issued = true;
            }
        }
        next = std::min(next, clock);
    }
    return next;
}

void DramChannel::note(DramCommand command, Clock clock, uint32_t bank) {
    if (log_ == nullptr) return;
    const uint32_t group = group_of(bank);
    log_->push_back({command, clock, rank_of(bank), group % groups_per_rank_,
                     bank % banks_per_group_, banks_[bank].row});
}

}  // namespace tessera::hw
