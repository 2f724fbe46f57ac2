// SPDX-License-Identifier: MIT
#include "hw_model/memory/dram_channels.h"

#include <algorithm>
#include <numeric>

namespace tessera::hw {
namespace {

bool same(const DramMap::Range& a, const DramMap::Range& b) {
    if (a.first == a.end || b.first == b.end) return a.first == a.end && b.first == b.end;
    return a.first == b.first && a.end == b.end;
}

}  // namespace

DramChannels::DramChannels(const DramSpec& spec)
    : map_(spec.organisation), ranges_(spec.organisation.channels) {
    Class all{std::make_unique<DramChannel>(spec), std::vector<uint32_t>(count())};
    std::iota(all.members.begin(), all.members.end(), 0);
    classes_.push_back(std::move(all));
}

uint64_t DramChannels::transactions(uint64_t address, uint64_t bytes) const {
    uint64_t transactions = 0;
    for (uint32_t c = 0; c < count(); ++c) {
        const DramMap::Range range = map_.in_channel(c, address, bytes);
        transactions += range.end - range.first;
    }
    return transactions;
}

void DramChannels::arrive(bool write, uint64_t address, uint64_t bytes, uint64_t user,
                          Clock clock) {
    for (uint32_t c = 0; c < count(); ++c) ranges_[c] = map_.in_channel(c, address, bytes);
    split();
    for (const Class& one : classes_) {
        DramMap::Range range = ranges_[one.members.front()];
        while (range.first != range.end) {
            const uint64_t neighbours =
                std::min<uint64_t>(range.end - range.first, map_.neighbours(range.first));
            one.channel->arrive(
                run_at(map_.place(range.first), write, static_cast<uint32_t>(neighbours), user),
                clock);
            range.first += neighbours;
        }
    }
}

/// Channels of a class that the arrival tells apart go separate ways.
void DramChannels::split() {
    for (size_t i = 0; i < classes_.size(); ++i) {  // those that split off are looked at, too
        std::vector<uint32_t>& members = classes_[i].members;
        const DramMap::Range first = ranges_[members.front()];
        const auto others = std::stable_partition(
            members.begin(), members.end(), [&](uint32_t c) { return same(ranges_[c], first); });
        if (others == members.end()) continue;
        Class other{std::make_unique<DramChannel>(*classes_[i].channel), {others, members.end()}};
        members.erase(others, members.end());
        classes_.push_back(std::move(other));
    }
}

bool DramChannels::idle() const {
    return std::all_of(classes_.begin(), classes_.end(),
                       [](const Class& one) { return one.channel->idle(); });
}

Clock DramChannels::next_clock() const {
    Clock next = kNoClock;
    for (const Class& one : classes_)
        if (!one.channel->idle()) next = std::min(next, one.channel->next_clock());
    return next;
}

std::vector<DramStats> DramChannels::stats(Clock until) {
    std::vector<DramStats> stats(count());
    std::vector<DramColumns> none;
    for (const Class& one : classes_) {
        one.channel->run(until, none);
        for (const uint32_t c : one.members) stats[c] = one.channel->stats();
    }
    return stats;
}

}  // namespace tessera::hw
