// SPDX-License-Identifier: MIT
#include "hw_model/memory/ideal_memory.h"

#include <algorithm>
#include <cstring>

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
    : sc_core::sc_module(name), socket("socket"), config_(config), image_(image), ports_(devices) {
    socket.register_nb_transport_fw(this, &IdealMemory::forward);
}

uint32_t IdealMemory::bad_beat(uint32_t device, bool write, uint64_t burst, bool in_range) const {
    if (!in_range) return 0;
    for (const FaultConfig& fault : config_.faults)
        if (fault.device == device && fault.write == write && fault.burst == burst)
            return fault.beat;
    return UINT32_MAX;
}

void IdealMemory::schedule(Channel& channel, uint32_t device, bool write, Cycle first,
                           BurstExtension& e) {
    BurstSchedule& s = e.schedule;
    s.beats.clear();
    Cycle next = std::max(first, channel.next_beat);
    if (config_.stall.permille != 0) {
        for (uint32_t beat = 0; beat < e.beats; ++beat) {
            next += stall_cycles(config_.stall, device, write, channel.bursts, beat);
            s.beats.push_back(next++);
        }
        s.first = s.beats.front();
        s.last = s.beats.back();
    } else {
        s.first = next;
        s.last = next + e.beats - 1;
    }
    channel.next_beat = s.last + 1;
}

tlm::tlm_sync_enum IdealMemory::forward(tlm::tlm_generic_payload& payload, tlm::tlm_phase&,
                                        sc_core::sc_time& delay) {
    BurstExtension* e = nullptr;
    payload.get_extension(e);
    const Cycle accepted = to_cycle(sc_core::sc_time_stamp() + delay);
    const bool write = payload.is_write();
    Port& port = ports_[e->device];
    Channel& channel = write ? port.write : port.read;
    const Cycle first = write ? accepted : accepted + config_.read_latency_cycles;
    schedule(channel, e->device, write, first, *e);
    e->schedule.response = e->schedule.last + config_.write_latency_cycles;

    uint8_t* bytes = image_.at(payload.get_address(), payload.get_data_length());
    const uint32_t bad = bad_beat(e->device, write, channel.bursts, bytes != nullptr);
    e->schedule.error_beat = bad < e->beats ? bad : UINT32_MAX;
    ++channel.bursts;
    if (uint8_t* data = payload.get_data_ptr()) {
        if (bytes == nullptr) {
            if (!write) std::memset(data, 0, payload.get_data_length());
        } else if (write) {
            std::memcpy(bytes, data, payload.get_data_length());
        } else {
            std::memcpy(data, bytes, payload.get_data_length());
        }
    }
    payload.set_response_status(e->schedule.failed() ? tlm::TLM_ADDRESS_ERROR_RESPONSE
                                                     : tlm::TLM_OK_RESPONSE);
    tlm::tlm_phase response = tlm::BEGIN_RESP;
    sc_core::sc_time none = sc_core::SC_ZERO_TIME;
    socket->nb_transport_bw(payload, response, none);
    return tlm::TLM_ACCEPTED;
}

}  // namespace tessera::hw
