// SPDX-License-Identifier: MIT
#include "host/verify/random_memory.h"

#include <random>
#include <stdexcept>

namespace tessera::verify {
namespace {

class Draw {
  public:
    explicit Draw(uint64_t seed) : random_(seed) {}
    /// low to high, each alike.
    uint32_t between(uint32_t low, uint32_t high) {
        return low + static_cast<uint32_t>(random_() % (high - low + 1));
    }
    /// A power of two from 2^low to 2^high.
    uint32_t power(uint32_t low, uint32_t high) { return 1u << between(low, high); }

  private:
    std::mt19937_64 random_;
};

hw::DramOrganisation random_organisation(Draw& draw) {
    hw::DramOrganisation o;
    o.channels = draw.power(0, 3);
    o.pseudo_channels = draw.power(0, 1);
    o.bank_groups = draw.power(0, 2);
    o.banks_per_group = draw.power(0, 2);
    o.rows = draw.power(4, 12);
    o.transaction_bytes = draw.power(4, 7);
    o.row_bytes = o.transaction_bytes * draw.power(2, 6);
    o.interleave_bytes = o.transaction_bytes * draw.power(0, 4);
    o.activate_clocks = draw.between(1, 2);
    o.command_buses = draw.between(1, 2);
    o.mapping = static_cast<hw::DramMapping>(draw.between(0, 1));
    return o;
}

hw::DramTiming random_timing(Draw& draw) {
    hw::DramTiming t;
    for (uint32_t* n : {&t.nBL, &t.nCCDS, &t.nRRDS, &t.nWTRS}) *n = draw.between(1, 8);
    for (uint32_t* n : {&t.nCL, &t.nCWL, &t.nRCDRD, &t.nRCDWR, &t.nRP, &t.nRTP, &t.nWR})
        *n = draw.between(1, 24);
    t.nCCDL = t.nCCDS + draw.between(0, 4);
    t.nRRDL = t.nRRDS + draw.between(0, 4);
    t.nWTRL = t.nWTRS + draw.between(0, 8);
    t.nRAS = draw.between(1, 60);
    t.nRC = t.nRAS + draw.between(0, 30);
    t.nFAW = draw.between(1, 60);
    t.nRFC = draw.between(1, 300);
    t.nREFI = draw.between(0, 3) == 0 ? 0 : 2 * t.nRFC + draw.between(100, 4000);
    return t;
}

}  // namespace

hw::MemoryConfig random_dram(uint64_t seed) {
    Draw draw(seed);
    hw::MemoryConfig memory;
    memory.name = memory.kind = "dram";
    memory.dram.tCK_ps = draw.between(300, 2500);
    memory.dram.organisation = random_organisation(draw);
    memory.dram.timing = random_timing(draw);
    memory.request_cycles = draw.between(1, 40);
    memory.response_cycles = draw.between(1, 40);
    memory.write_buffer_bytes = draw.between(1024, 8192);
    memory.dram.controller.policy = static_cast<hw::DramPolicy>(draw.between(0, 1));
    memory.dram.controller.forwarding = draw.between(0, 1) != 0;
    if (const char* broken = hw::dram_error(memory.dram)) throw std::logic_error(broken);
    return memory;
}

void use_memory(Case& c, const hw::MemoryConfig& memory) {
    const hw::MemoryConfig own = c.platform.memory;
    c.platform.memory = memory;
    c.platform.memory.size_bytes = own.size_bytes;
    c.platform.memory.faults = own.faults;
}

}  // namespace tessera::verify
