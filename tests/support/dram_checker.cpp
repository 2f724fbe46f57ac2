// SPDX-License-Identifier: MIT
#include "tests/support/dram_checker.h"

#include <algorithm>

namespace tessera::test {

using hw::Clock;
using hw::DramCommand;
using hw::DramCommandRecord;

namespace {

bool is_column(DramCommand command) {
    return command == DramCommand::kRead || command == DramCommand::kWrite;
}

std::string text_of(const DramCommandRecord& c) {
    const char* const names[] = {"ACT", "PRE", "PREA", "REF", "RD", "WR"};
    return names[static_cast<size_t>(c.command)] + std::string(" at ") + std::to_string(c.clock) +
           ", pseudo-channel " + std::to_string(c.pseudo_channel) + " group " +
           std::to_string(c.bank_group) + " bank " + std::to_string(c.bank);
}

}  // namespace

DramChecker::DramChecker(const hw::DramSpec& spec, Verdict verdict)
    : spec_(spec), verdict_(std::move(verdict)) {
    add_rules();
}

void DramChecker::add_rules() {
    const hw::DramTiming& t = spec_.timing;
    constexpr auto kAct = DramCommand::kActivate, kPre = DramCommand::kPrecharge,
                   kPrea = DramCommand::kPrechargeAll, kRef = DramCommand::kRefresh,
                   kRd = DramCommand::kRead, kWr = DramCommand::kWrite;
    constexpr auto kBank = Scope::kBank, kBankGroup = Scope::kBankGroup, kRank = Scope::kRank;
    const uint32_t written = t.nCWL + t.nBL;
    const uint32_t turn = t.nCL + t.nBL + 2 > t.nCWL ? t.nCL + t.nBL + 2 - t.nCWL : 1;
    rules_ = {{kAct, kRd, kBank, t.nRCDRD, "nRCDRD"},
              {kAct, kWr, kBank, t.nRCDWR, "nRCDWR"},
              {kAct, kPre, kBank, t.nRAS, "nRAS"},
              {kAct, kPrea, kRank, t.nRAS, "nRAS to all"},
              {kAct, kAct, kBank, t.nRC, "nRC"},
              {kPre, kAct, kBank, t.nRP, "nRP"},
              {kPrea, kAct, kRank, t.nRP, "nRP of all"},
              {kAct, kRef, kRank, t.nRC, "nRC before a refresh"},
              {kPre, kRef, kRank, t.nRP, "nRP before a refresh"},
              {kPrea, kRef, kRank, t.nRP, "nRP of all before a refresh"},
              {kRd, kPre, kBank, t.nRTP, "nRTP"},
              {kRd, kPrea, kRank, t.nRTP, "nRTP to all"},
              {kWr, kPre, kBank, written + t.nWR, "nWR"},
              {kWr, kPrea, kRank, written + t.nWR, "nWR to all"},
              {kRd, kRd, kRank, t.nCCDS, "nCCDS"},
              {kWr, kWr, kRank, t.nCCDS, "nCCDS of writes"},
              {kRd, kRd, kBankGroup, t.nCCDL, "nCCDL"},
              {kWr, kWr, kBankGroup, t.nCCDL, "nCCDL of writes"},
              {kWr, kRd, kRank, written + t.nWTRS, "nWTRS"},
              {kWr, kRd, kBankGroup, written + t.nWTRL, "nWTRL"},
              {kRd, kWr, kRank, turn, "read to write"},
              {kAct, kAct, kRank, t.nRRDS, "nRRDS"},
              {kAct, kAct, kBankGroup, t.nRRDL, "nRRDL"},
              {kRef, kAct, kRank, t.nRFC, "nRFC"},
              {kRef, kRef, kRank, t.nRFC, "nRFC to the next"}};
}

DramChecker::Place DramChecker::place(Scope scope, const DramCommandRecord& c) {
    const bool group = scope != Scope::kRank, bank = scope == Scope::kBank;
    return {scope, c.pseudo_channel, group ? c.bank_group : 0, bank ? c.bank : 0};
}

/// The clock from which a command's constraints count, and at which they must be met.
Clock DramChecker::effect(const DramCommandRecord& c) const {
    return c.clock +
           (c.command == DramCommand::kActivate ? spec_.organisation.activate_clocks - 1 : 0);
}

void DramChecker::check_pairs(const DramCommandRecord& c) {
    for (const Rule& rule : rules_) {
        if (rule.to != c.command) continue;
        const auto before = last_.find({rule.from, place(rule.scope, c)});
        if (before == last_.end()) continue;
        verdict_(effect(c) >= before->second + rule.clocks,
                 text_of(c) + ": " + rule.name + " after " + std::to_string(before->second));
    }
    for (const Scope scope : {Scope::kBank, Scope::kBankGroup, Scope::kRank})
        last_[{c.command, place(scope, c)}] = effect(c);
}

void DramChecker::check_window(const DramCommandRecord& c) {
    if (c.command != DramCommand::kActivate) return;
    std::vector<Clock>& all = activates_[c.pseudo_channel];
    if (all.size() >= 4)
        verdict_(effect(c) >= all[all.size() - 4] + spec_.timing.nFAW, text_of(c) + ": nFAW");
    all.push_back(effect(c));
}

bool DramChecker::allows(const DramCommandRecord& c) const {
    for (const Rule& rule : rules_) {
        if (rule.to != c.command) continue;
        const auto before = last_.find({rule.from, place(rule.scope, c)});
        if (before != last_.end() && effect(c) < before->second + rule.clocks) return false;
    }
    const auto opened = activates_.find(c.pseudo_channel);
    if (c.command == DramCommand::kActivate && opened != activates_.end()) {
        const std::vector<Clock>& all = opened->second;
        if (all.size() >= 4 && effect(c) < all[all.size() - 4] + spec_.timing.nFAW) return false;
    }
    const bool column = spec_.organisation.command_buses == 2 && is_column(c.command);
    for (Clock clock = c.clock; clock <= effect(c); ++clock)
        if (bus_.count({column, clock}) != 0) return false;
    return true;
}

/// One command in a clock of a bus; with two buses, not both for one bank.
void DramChecker::check_bus(const DramCommandRecord& c) {
    const bool two = spec_.organisation.command_buses == 2;
    const bool column = two && is_column(c.command);
    for (Clock clock = c.clock; clock <= effect(c); ++clock)
        verdict_(bus_.emplace(std::make_pair(column, clock), c).second,
                 text_of(c) + ": bus taken in " + std::to_string(clock));
    const auto other = two ? bus_.find({!column, c.clock}) : bus_.end();
    if (other != bus_.end() && other->second.clock == c.clock)
        verdict_(place(Scope::kBank, other->second) != place(Scope::kBank, c),
                 text_of(c) + ": with another one for its bank");
}

void DramChecker::check_rows(const DramCommandRecord& c) {
    const Place bank = place(Scope::kBank, c);
    const auto open = rows_.find(bank);
    if (c.command == DramCommand::kActivate) {
        verdict_(open == rows_.end(), text_of(c) + ": bank is open");
        rows_[bank] = c.row;
    } else if (c.command == DramCommand::kPrecharge) {
        verdict_(open != rows_.end(), text_of(c) + ": bank is closed");
        rows_.erase(bank);
    } else if (is_column(c.command)) {
        verdict_(open != rows_.end() && open->second == c.row, text_of(c) + ": row is not open");
    } else {
        uint32_t closed = 0;
        for (auto at = rows_.begin(); at != rows_.end();) {
            const bool mine = std::get<1>(at->first) == c.pseudo_channel;
            closed += mine ? 1 : 0;
            at = mine ? rows_.erase(at) : std::next(at);
        }
        const bool all = c.command == DramCommand::kPrechargeAll;
        verdict_((closed != 0) == all, text_of(c) + (all ? ": none is open" : ": a bank is open"));
    }
}

/// Each pseudo-channel is refreshed once for each multiple of nREFI, not before it; until all have
/// been, no row is opened.
void DramChecker::check_refresh(const DramCommandRecord& c) {
    const uint32_t period = spec_.timing.nREFI;
    if (period == 0) {
        verdict_(c.command != DramCommand::kRefresh, text_of(c) + ": refresh is off");
        return;
    }
    const Clock due = c.clock / period;
    if (c.command == DramCommand::kRefresh) {
        std::vector<Clock>& mine = refreshes_[c.pseudo_channel];
        mine.push_back(c.clock);
        verdict_(mine.size() == due, text_of(c) + ": refreshed " + std::to_string(mine.size()));
    } else if (c.command == DramCommand::kActivate) {
        for (uint32_t rank = 0; rank < spec_.organisation.pseudo_channels; ++rank)
            verdict_(refreshes_[rank].size() == due, text_of(c) + ": a refresh is due");
    }
}

void DramChecker::replay(const std::vector<DramCommandRecord>& log) {
    Clock now = 0;
    for (const DramCommandRecord& c : log) {
        verdict_(c.clock >= now, text_of(c) + ": out of order");
        now = c.clock;
        check_bus(c);
        check_rows(c);
        check_refresh(c);
        check_pairs(c);
        check_window(c);
    }
}

}  // namespace tessera::test
