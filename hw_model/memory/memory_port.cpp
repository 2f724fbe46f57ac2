// SPDX-License-Identifier: MIT
#include "hw_model/memory/memory_port.h"

#include <cstring>

#include "hw_model/front/front_end.h"
#include "hw_model/load/load_engine.h"
#include "hw_model/store/store_engine.h"

namespace tessera::hw {

struct MemoryPort::Slot : BurstSlot {
    BurstUser user = BurstUser::kLoad;
    uint64_t epoch = 0;
};

MemoryPort::MemoryPort(const sc_core::sc_module_name& name, Core& core, uint32_t device)
    : sc_core::sc_module(name), socket("socket"), core_(core), slots_(device) {
    socket.register_nb_transport_bw(this, &MemoryPort::on_response);
}

MemoryPort::~MemoryPort() = default;

void MemoryPort::send(Slot& slot, tlm::tlm_command command, uint64_t address, uint32_t beats) {
    slot.epoch = epoch_;
    present(socket, slot, command, address, beats, core_.params.bus_bytes);
}

void MemoryPort::read(BurstUser user, uint64_t address, uint32_t beats, bool data, Cycle now) {
    assert(reads_.address_from <= now);
    reads_.present(now);
    core_.counters.add(Counter::kReadBursts, 1, now);
    Slot& slot = slots_.take();
    slot.user = user;
    slot.payload.set_data_ptr(data ? slot.data.data() : nullptr);
    send(slot, tlm::TLM_READ_COMMAND, address, beats);
}

void MemoryPort::write(uint64_t address, const uint8_t* data, uint32_t beats, Cycle now) {
    assert(writes_.address_from <= now);
    writes_.present(now);
    ++core_.counters[Counter::kWriteBursts];
    Slot& slot = slots_.take();
    slot.user = BurstUser::kStore;
    if (data != nullptr)
        std::memcpy(slot.data.data(), data, size_t{beats} * core_.params.bus_bytes);
    slot.payload.set_data_ptr(data != nullptr ? slot.data.data() : nullptr);
    send(slot, tlm::TLM_WRITE_COMMAND, address, beats);
}

tlm::tlm_sync_enum MemoryPort::on_response(tlm::tlm_generic_payload& payload, tlm::tlm_phase&,
                                           sc_core::sc_time&) {
    Slot& slot = slots_.of(payload);
    const uint32_t beats = slot.extension.beats;
    const BurstSchedule& schedule = slot.extension.schedule;
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
                core_.load->on_read(payload.get_data_ptr(), beats, schedule);
                break;
            case BurstUser::kStore: core_.store->on_written(beats, schedule); break;
        }
    }
    slots_.give_back(slot);
    return tlm::TLM_COMPLETED;
}

}  // namespace tessera::hw
