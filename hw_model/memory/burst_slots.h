// SPDX-License-Identifier: MIT
// Bursts on their way, as an initiator keeps them: payload, extension and data, all reused.
#pragma once
#include <cstdint>
#include <memory>
#include <tlm>
#include <vector>

#include "hw_model/memory/burst.h"
#include "spec/params.h"

namespace tessera::hw {

struct BurstSlot {
    tlm::tlm_generic_payload payload;
    BurstExtension extension;
    std::vector<uint8_t> data;

    BurstSlot() : data(spec::kReadBurstBytes) { payload.set_extension(&extension); }
    ~BurstSlot() { payload.clear_extension(&extension); }
    BurstSlot(const BurstSlot&) = delete;
    BurstSlot& operator=(const BurstSlot&) = delete;
};

/// `Slot` is a BurstSlot with what the initiator notes beside it.
template <typename Slot>
class BurstSlots {
  public:
    /// `device`: the port of the memory.
    explicit BurstSlots(uint32_t device) : device_(device) {}

    /// One that is on no way; what was noted beside it is left as it was.
    Slot& take() {
        if (free_.empty()) {
            slots_.push_back(std::make_unique<Slot>());
            slots_.back()->extension.device = device_;
            slots_.back()->extension.user = slots_.size() - 1;
            free_.push_back(slots_.back().get());
        }
        Slot& slot = *free_.back();
        free_.pop_back();
        return slot;
    }
    void give_back(Slot& slot) { free_.push_back(&slot); }
    /// That of a payload.
    Slot& of(tlm::tlm_generic_payload& payload) {
        return *slots_[payload.template get_extension<BurstExtension>()->user];
    }

  private:
    uint32_t device_;
    std::vector<std::unique_ptr<Slot>> slots_;
    std::vector<Slot*> free_;
};

/// Presents the address of `slot`, whose data pointer is set, in this cycle.
template <typename Socket>
void present(Socket& socket, BurstSlot& slot, tlm::tlm_command command, uint64_t address,
             uint32_t beats, uint32_t bus_bytes) {
    slot.extension.beats = beats;
    slot.payload.set_command(command);
    slot.payload.set_address(address);
    slot.payload.set_data_length(beats * bus_bytes);
    slot.payload.set_streaming_width(beats * bus_bytes);
    slot.payload.set_byte_enable_ptr(nullptr);
    slot.payload.set_dmi_allowed(false);
    slot.payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    socket->nb_transport_fw(slot.payload, phase, delay);
}

}  // namespace tessera::hw
