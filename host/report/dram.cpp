// SPDX-License-Identifier: MIT
#include "host/report/dram.h"

#include <algorithm>

namespace tessera::host {

DramSum dram_sum(const hw::MemoryOutcome& memory, const hw::DramSpec& dram) {
    DramSum sum;
    uint64_t most = 0;
    for (const hw::DramStats& channel : memory.channels) {
        hw::DramStats& all = sum.stats;
        all.reads += channel.reads;
        all.writes += channel.writes;
        all.hits += channel.hits;
        all.misses += channel.misses;
        all.conflicts += channel.conflicts;
        all.activates += channel.activates;
        all.precharges += channel.precharges;
        all.refreshes += channel.refreshes;
        all.refresh_clocks += channel.refresh_clocks;
        all.turnarounds += channel.turnarounds;
        all.forwarded += channel.forwarded;
        most = std::max(most, channel.reads + channel.writes);
    }
    const hw::DramOrganisation& o = dram.organisation;
    const uint64_t transactions = sum.stats.reads + sum.stats.writes;
    sum.bytes = transactions * o.transaction_bytes;
    const double channels = static_cast<double>(memory.channels.size());
    if (memory.clocks != 0)
        sum.refresh_share = static_cast<double>(sum.stats.refresh_clocks) /
                            (static_cast<double>(memory.clocks) * channels * o.pseudo_channels);
    if (transactions != 0)
        sum.balance = static_cast<double>(most) * channels / static_cast<double>(transactions);
    return sum;
}

std::string memory_title(const hw::MemoryConfig& memory) {
    if (memory.kind != "dram") return memory.name;
    const hw::DramController& controller = memory.dram.controller;
    return memory.name + " (" + controller.policy_name() +
           (controller.forwarding ? ", forwarding)" : ")");
}

std::vector<hw::MemoryStream> streams_of_all_devices(const std::vector<hw::MemoryStream>& streams) {
    std::vector<hw::MemoryStream> all;
    for (const hw::MemoryStream& stream : streams) {
        const auto same = std::find_if(all.begin(), all.end(), [&](const hw::MemoryStream& a) {
            return a.name == stream.name && a.write == stream.write;
        });
        if (same == all.end()) {
            all.push_back(stream);
            continue;
        }
        same->bytes += stream.bytes;
        same->latency.add(stream.latency);
    }
    return all;
}

}  // namespace tessera::host
