// SPDX-License-Identifier: MIT
#include "tests/support/dram_clocked.h"

#include <algorithm>

namespace tessera::test {

using hw::Clock;
using hw::DramCommand;
using hw::DramRun;

namespace {

constexpr size_t kRoom = 32, kTurnToWrites = 26, kTurnToReads = 6;

bool same_bank(const DramRun& a, const DramRun& b) {
    return a.pseudo_channel == b.pseudo_channel && a.bank_group == b.bank_group && a.bank == b.bank;
}

}  // namespace

ClockedDram::ClockedDram(const hw::DramSpec& spec, const std::vector<DramRequest>& requests,
                         Clock until)
    : spec_(spec),
      ramulator2_(spec.controller.policy == hw::DramPolicy::kRamulator2),
      checker_(spec, [](bool, const std::string&) {}),
      refresh_due_(spec.organisation.pseudo_channels,
                   spec.timing.nREFI != 0 ? spec.timing.nREFI : hw::kNoClock) {
    for (const DramRequest& request : requests) {
        Transaction one{request.clock, 0, request.run};
        one.run.count = 1;
        for (uint32_t i = 0; i < request.run.count; ++i, ++one.run.column)
            outside_[one.run.write].push_back(one);
    }
    for (; now_ < until; ++now_) clock();
}

void ClockedDram::clock() {
    accept();
    if (!ramulator2_) look();
    if (spec_.organisation.command_buses == 2)
        two_buses();
    else
        one_bus();
}

void ClockedDram::one_bus() {
    if (try_activated()) return;
    if (refresh_waits()) {
        try_refresh();
        return;
    }
    if (ramulator2_) look();
    try_queue(true, true);
}

void ClockedDram::two_buses() {
    const bool refresh = refresh_waits();
    if (!try_activated() && !refresh) {
        if (ramulator2_) look();
        try_queue(true, false);
    }
    if (refresh) {
        try_refresh();
        return;
    }
    if (ramulator2_) look();
    try_queue(false, true);
}

/// Reads before writes; each direction in order.
void ClockedDram::accept() {
    for (const size_t write : {0, 1}) {
        Queue& outside = outside_[write];
        while (!outside.empty() && outside.front().arrived <= now_ &&
               queue_[write].size() < kRoom) {
            Transaction one = outside.front();
            outside.pop_front();
            one.accepted = now_;
            if (spec_.controller.forwarding && write == 0 && held(one)) {
                ++forwarded_;
                continue;
            }
            queue_[write].push_back(one);
            started_ = true;
        }
    }
}

/// Does a write wait that was there before the read came?
bool ClockedDram::held(const Transaction& read) const {
    return std::any_of(queue_[1].begin(), queue_[1].end(), [&](const Transaction& write) {
        return same_bank(write.run, read.run) && write.run.row == read.run.row &&
               write.run.column == read.run.column && write.accepted < read.arrived;
    });
}

void ClockedDram::look() {
    const size_t reads = queue_[0].size(), writes = queue_[1].size();
    if (writes_first_)
        writes_first_ = reads == 0 || writes > kTurnToReads;
    else
        writes_first_ = writes >= kTurnToWrites || (reads == 0 && started_);
}

bool ClockedDram::refresh_waits() const {
    return std::any_of(refresh_due_.begin(), refresh_due_.end(),
                       [&](Clock due) { return due <= now_; });
}

/// Of the first pseudo-channel that waits: precharge of all, or the refresh.
bool ClockedDram::try_refresh() {
    uint32_t channel = 0;
    while (refresh_due_[channel] > now_) ++channel;
    const auto mine = [&](const DramRun& run) { return run.pseudo_channel == channel; };
    for (const Transaction& one : activated_)
        if (mine(one.run)) return false;
    DramRun run;
    run.pseudo_channel = channel;
    if (std::any_of(open_.begin(), open_.end(), mine)) {
        if (!issue(DramCommand::kPrechargeAll, run)) return false;
        open_.erase(std::remove_if(open_.begin(), open_.end(), mine), open_.end());
        return true;
    }
    if (!issue(DramCommand::kRefresh, run)) return false;
    while (refresh_due_[channel] <= now_) refresh_due_[channel] += spec_.timing.nREFI;
    return true;
}

/// Of those whose column is ready that accepted first, then that whose row was opened first.
bool ClockedDram::try_activated() {
    std::vector<size_t> order(activated_.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
        return activated_[a].accepted < activated_[b].accepted;
    });
    for (const size_t i : order) {
        const DramRun run = activated_[i].run;
        if (!issue(run.write ? DramCommand::kWrite : DramCommand::kRead, run)) continue;
        activated_.erase(activated_.begin() + static_cast<std::ptrdiff_t>(i));
        return true;
    }
    return false;
}

bool ClockedDram::open(const DramRun& run, uint32_t& row) const {
    for (const DramRun& bank : open_) {
        if (!same_bank(bank, run)) continue;
        row = bank.row;
        return true;
    }
    return false;
}

bool ClockedDram::is_activated(const DramRun& run) const {
    return std::any_of(activated_.begin(), activated_.end(),
                       [&](const Transaction& one) { return same_bank(one.run, run); });
}

/// The oldest of what goes first whose next command is of these kinds and ready.
bool ClockedDram::try_queue(bool columns, bool rows) {
    Queue& queue = queue_[writes_first_];
    for (auto one = queue.begin(); one != queue.end(); ++one) {
        const DramRun run = one->run;
        uint32_t row = 0;
        if (!open(run, row)) {
            if (!rows || !issue(DramCommand::kActivate, run)) continue;
            open_.push_back(run);
            activated_.push_back(*one);
            queue.erase(one);
            return true;
        }
        if (row == run.row) {
            if (!columns || !issue(run.write ? DramCommand::kWrite : DramCommand::kRead, run))
                continue;
            queue.erase(one);
            return true;
        }
        if (!rows || is_activated(run) || !issue(DramCommand::kPrecharge, run)) continue;
        open_.erase(std::find_if(open_.begin(), open_.end(),
                                 [&](const DramRun& bank) { return same_bank(bank, run); }));
        return true;
    }
    return false;
}

/// Does so if the DRAM allows it now.
bool ClockedDram::issue(DramCommand command, const DramRun& run) {
    const hw::DramCommandRecord record{command,        now_,     run.pseudo_channel,
                                       run.bank_group, run.bank, run.row};
    if (!checker_.allows(record)) return false;
    checker_.replay({record});
    commands_.push_back(record);
    return true;
}

}  // namespace tessera::test
