// SPDX-License-Identifier: MIT
#include "host/report/dram.h"

#include <algorithm>

#include "hw_model/memory/dram_channel.h"

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

double peak_gb_per_s(const hw::DramSpec& dram) {
    const hw::DramOrganisation& o = dram.organisation;
    const double bytes = static_cast<double>(o.channels) * o.pseudo_channels * o.transaction_bytes;
    return 1e3 * bytes / (static_cast<double>(dram.timing.nBL) * dram.tCK_ps);
}

double stream_gb_per_s(const hw::DramSpec& dram) {
    constexpr uint64_t kTransactions = 16384;
    constexpr hw::Clock kLong = uint64_t{1} << 22;  // far more than they take
    hw::DramChannel channel(dram);
    const hw::DramMap map(dram.organisation);
    for (uint64_t n = 0; n < kTransactions;) {
        const uint64_t count = std::min<uint64_t>(map.neighbours(n), kTransactions - n);
        channel.arrive(hw::run_at(map.place(n), false, static_cast<uint32_t>(count), 0), 0);
        n += count;
    }
    std::vector<hw::DramColumns> columns;
    channel.run(kLong, columns);
    const double seconds = 1e-12 * static_cast<double>(channel.stats().last_data) * dram.tCK_ps;
    const double bytes = static_cast<double>(kTransactions) * dram.organisation.transaction_bytes;
    return 1e-9 * bytes / seconds * dram.organisation.channels;
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
