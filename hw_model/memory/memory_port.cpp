// SPDX-License-Identifier: MIT
#include "hw_model/memory/memory_port.h"

#include <cstring>

#include "hw_model/front/front_end.h"
#include "hw_model/load/load_engine.h"
#include "hw_model/store/store_engine.h"

namespace tessera::hw {

/// One burst in flight: payload, extension and data buffer, reused.
struct MemoryPort::Slot {
    tlm::tlm_generic_payload payload;
    BurstExtension extension;
    std::vector<uint8_t> data;
    BurstUser user = BurstUser::kLoad;
    uint64_t epoch = 0;
};

MemoryPort::MemoryPort(const sc_core::sc_module_name& name, Core& core, uint32_t device)
    : sc_core::sc_module(name), socket("socket"), core_(core), device_(device) {
    socket.register_nb_transport_bw(this, &MemoryPort::on_response);
}

MemoryPort::~MemoryPort() {
    for (auto& slot : slots_) slot->payload.clear_extension(&slot->extension);
}

MemoryPort::Slot& MemoryPort::free_slot() {
    if (free_.empty()) {
        slots_.push_back(std::make_unique<Slot>());
        Slot& slot = *slots_.back();
        slot.data.resize(spec::kReadBurstBytes);
        slot.extension.device = device_;
        slot.extension.user = slots_.size() - 1;
        slot.payload.set_extension(&slot.extension);
        free_.push_back(&slot);
    }
    Slot& slot = *free_.back();
    free_.pop_back();
    return slot;
}

void MemoryPort::send(Slot& slot, tlm::tlm_command command, uint64_t address, uint32_t beats) {
    slot.epoch = epoch_;
    slot.extension.beats = beats;
    slot.payload.set_command(command);
    slot.payload.set_address(address);
    slot.payload.set_data_length(beats * core_.params.bus_bytes);
    slot.payload.set_streaming_width(beats * core_.params.bus_bytes);
    slot.payload.set_byte_enable_ptr(nullptr);
    slot.payload.set_dmi_allowed(false);
    slot.payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    socket->nb_transport_fw(slot.payload, phase, delay);
}

void MemoryPort::read(BurstUser user, uint64_t address, uint32_t beats, bool data, Cycle now) {
    assert(reads_.address_from <= now);
    reads_.present(now);
    core_.counters.add(Counter::kReadBursts, 1, now);
    Slot& slot = free_slot();
    slot.user = user;
    slot.payload.set_data_ptr(data ? slot.data.data() : nullptr);
    send(slot, tlm::TLM_READ_COMMAND, address, beats);
}

void MemoryPort::write(uint64_t address, const uint8_t* data, uint32_t beats, Cycle now) {
    assert(writes_.address_from <= now);
    writes_.present(now);
    ++core_.counters[Counter::kWriteBursts];
    Slot& slot = free_slot();
    slot.user = BurstUser::kStore;
    if (data != nullptr)
        std::memcpy(slot.data.data(), data, size_t{beats} * core_.params.bus_bytes);
    slot.payload.set_data_ptr(data != nullptr ? slot.data.data() : nullptr);
    send(slot, tlm::TLM_WRITE_COMMAND, address, beats);
}

tlm::tlm_sync_enum MemoryPort::on_response(tlm::tlm_generic_payload& payload, tlm::tlm_phase&,
                                           sc_core::sc_time&) {
    BurstExtension* extension = nullptr;
    payload.get_extension(extension);
    Slot& slot = *slots_[extension->user];
    const BurstSchedule& schedule = extension->schedule;
    const bool store = slot.user == BurstUser::kStore;
    const Cycle end = (store ? schedule.response : schedule.last) + 1;
    (store ? writes_ : reads_).end(end, now_cycle());
    if (store) {
        core_.store->on_port_end(end);
    } else {
        core_.load->on_port_end(end);
        core_.front_end->on_port_end(end);
    }
    if (slot.epoch == epoch_) {
        switch (slot.user) {
            case BurstUser::kDescriptor:
                core_.front_end->on_read(slot.data.data(), schedule);
                break;
            case BurstUser::kLoad:
                core_.load->on_read(payload.get_data_ptr(), extension->beats, schedule);
                break;
            case BurstUser::kStore: core_.store->on_written(extension->beats, schedule); break;
        }
    }
    free_.push_back(&slot);
    return tlm::TLM_COMPLETED;
}

}  // namespace tessera::hw
