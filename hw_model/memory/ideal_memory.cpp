// SPDX-License-Identifier: MIT
#include "hw_model/memory/ideal_memory.h"

#include <algorithm>

namespace tessera::hw {

uint32_t stall_cycles(const StallConfig& s, uint32_t device, bool write, uint64_t burst,
                      uint32_t beat) {
    uint64_t x = s.seed ^ (uint64_t{device} << 56) ^ (uint64_t{write} << 55) ^ (burst << 10) ^ beat;
    // SplitMix64, twice: neighbouring beats must not resemble each other.
    for (int round = 0; round < 2; ++round) {
        x += 0x9e3779b97f4a7c15;
        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
        x = (x ^ x >> 27) * 0x94d049bb133111eb;
        x ^= x >> 31;
    }
    if ((x & 0xffffffff) % 1000 >= s.permille || s.max_cycles == 0) return 0;
    return 1 + static_cast<uint32_t>((x >> 32) % s.max_cycles);
}

IdealMemory::IdealMemory(const sc_core::sc_module_name& name, const MemoryConfig& config,
                         uint32_t devices, MemoryImage& image)
    : Memory(name, config, devices, image), next_beat_(devices) {}

void IdealMemory::request(tlm::tlm_generic_payload& payload, BurstExtension& burst, uint64_t n,
                          Cycle accepted) {
    const bool write = payload.is_write();
    Cycle& next_beat = next_beat_[burst.device][write ? 1 : 0];
    BurstSchedule& s = burst.schedule;
    s.beats.clear();
    Cycle next = std::max(write ? accepted : accepted + config_.read_latency_cycles, next_beat);
    if (config_.stall.permille != 0) {
        for (uint32_t beat = 0; beat < burst.beats; ++beat) {
            next += stall_cycles(config_.stall, burst.device, write, n, beat);
            s.beats.push_back(next++);
        }
        s.first = s.beats.front();
        s.last = s.beats.back();
    } else {
        s.first = next;
        s.last = next + burst.beats - 1;
    }
    next_beat = s.last + 1;
    s.response = s.last + config_.write_latency_cycles;
    answer(payload);
}

}  // namespace tessera::hw
