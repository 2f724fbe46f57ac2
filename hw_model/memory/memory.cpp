// SPDX-License-Identifier: MIT
#include "hw_model/memory/memory.h"

#include <cstring>

namespace tessera::hw {

Memory::Memory(const sc_core::sc_module_name& name, const MemoryConfig& config, uint32_t devices,
               MemoryImage& image)
    : Unit(name),
      socket("socket"),
      config_(config),
      image_(image),
      beats_(devices),
      bursts_(devices) {
    socket.register_nb_transport_fw(this, &Memory::forward);
}

uint32_t Memory::bad_beat(uint32_t device, bool write, uint64_t n, bool in_range) const {
    if (!in_range) return 0;
    for (const FaultConfig& fault : config_.faults)
        if (fault.device == device && fault.write == write && fault.burst == n) return fault.beat;
    return UINT32_MAX;
}

/// Contents move when the burst is taken; `bytes` is nullptr beyond the end of the memory.
void Memory::move_data(tlm::tlm_generic_payload& payload, uint8_t* bytes) const {
    uint8_t* data = payload.get_data_ptr();
    if (data == nullptr) return;
    const size_t length = payload.get_data_length();
    if (payload.is_write()) {
        if (bytes == nullptr) return;
        std::memcpy(bytes, data, length);
        if (observer_) observer_(payload.get_address(), length);
    } else if (bytes != nullptr) {
        std::memcpy(data, bytes, length);
    } else {
        std::memset(data, 0, length);
    }
}

tlm::tlm_sync_enum Memory::forward(tlm::tlm_generic_payload& payload, tlm::tlm_phase&,
                                   sc_core::sc_time& delay) {
    BurstExtension* e = nullptr;
    payload.get_extension(e);
    const bool write = payload.is_write();
    const uint64_t n = bursts_[e->device][write ? 1 : 0]++;
    uint8_t* bytes = image_.at(payload.get_address(), payload.get_data_length());
    const uint32_t bad = bad_beat(e->device, write, n, bytes != nullptr);
    e->schedule.error_beat = bad < e->beats ? bad : UINT32_MAX;
    move_data(payload, bytes);
    payload.set_response_status(e->schedule.failed() ? tlm::TLM_ADDRESS_ERROR_RESPONSE
                                                     : tlm::TLM_OK_RESPONSE);
    request(payload, *e, n, now_cycle() + to_cycle(delay));
    return tlm::TLM_ACCEPTED;
}

MemoryOutcome Memory::outcome() {
    MemoryOutcome outcome;
    outcome.ports = beats_;
    return outcome;
}

void Memory::answer(tlm::tlm_generic_payload& payload) {
    BurstExtension* e = nullptr;
    payload.get_extension(e);
    WindowSeries& beats = beats_[e->device][payload.is_write() ? 1 : 0];
    if (e->schedule.beats.empty()) beats.add_span(e->schedule.first, e->schedule.last + 1);
    for (const Cycle beat : e->schedule.beats) beats.add(beat, 1);
    tlm::tlm_phase response = tlm::BEGIN_RESP;
    sc_core::sc_time none = sc_core::SC_ZERO_TIME;
    socket->nb_transport_bw(payload, response, none);
}

}  // namespace tessera::hw
