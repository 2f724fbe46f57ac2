// SPDX-License-Identifier: MIT
#include "tests/support/dram_random.h"

#include <algorithm>

namespace tessera::test {

hw::DramSpec random_dram(Random& random) {
    hw::DramSpec spec;
    hw::DramOrganisation& o = spec.organisation;
    o.pseudo_channels = random.power(0, 1);
    o.bank_groups = random.power(0, 2);
    o.banks_per_group = random.power(0, 2);
    o.rows = random.power(1, 4);  // few: they are met again
    o.transaction_bytes = random.power(5, 6);
    o.row_bytes = o.transaction_bytes * random.power(2, 6);
    o.interleave_bytes = o.transaction_bytes;
    o.activate_clocks = random.to(1, 2);
    o.command_buses = random.to(1, 2);
    o.mapping = random.to(0, 1) != 0 ? hw::DramMapping::kMop4Clxor : hw::DramMapping::kRoBaRaCoCh;
    hw::DramTiming& t = spec.timing;
    const uint32_t most = random.power(0, 5);
    for (uint32_t* clocks :
         {&t.nBL, &t.nCL, &t.nCWL, &t.nRCDRD, &t.nRCDWR, &t.nRP, &t.nRAS, &t.nRC, &t.nRTP, &t.nWR,
          &t.nCCDS, &t.nCCDL, &t.nRRDS, &t.nRRDL, &t.nWTRS, &t.nWTRL, &t.nFAW, &t.nRFC})
        *clocks = random.to(1, most);
    t.nFAW *= 4;  // long enough to count beside the others
    t.nRC *= 3;
    t.nREFI = random.to(0, 2) == 0 ? 0 : 8 * t.nRFC + random.to(300, 3000);
    spec.controller.policy = static_cast<hw::DramPolicy>(random.to(0, 1));
    spec.controller.forwarding = random.to(0, 1) != 0;
    return spec;
}

std::vector<DramRequest> random_traffic(Random& random, const hw::DramSpec& spec, uint32_t writes) {
    const hw::DramMap map(spec.organisation);
    const uint32_t bursts = random.to(20, 150), longest = random.power(0, 6);
    const uint32_t jumps = random.to(0, 4), most = random.power(0, 8);
    std::vector<DramRequest> all;
    hw::Clock clock = 0;
    uint64_t next = 0, written = 0;
    for (uint32_t burst = 0; burst < bursts; ++burst) {
        if (random.to(0, 2) == 0) clock += random.to(0, most);
        if (random.to(0, 3) < jumps) next = random.to(0, 2) == 0 ? written : random.to(0, 1 << 14);
        const bool write = random.to(0, 3) < writes;
        if (write) written = next;
        for (uint32_t left = random.to(1, longest); left != 0;) {
            const uint32_t count = std::min(left, map.neighbours(next));
            all.push_back(
                {clock, hw::run_at(map.place(next), write, count, burst * kUsersOfBurst)});
            next += count;
            left -= count;
        }
    }
    return all;
}

}  // namespace tessera::test
