// SPDX-License-Identifier: MIT
#include "host/engine/dram_bandwidth.h"

#include <algorithm>
#include <vector>

#include "hw_model/memory/dram_channel.h"

namespace tessera::host {

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

}  // namespace tessera::host
