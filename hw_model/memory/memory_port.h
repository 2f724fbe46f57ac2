// SPDX-License-Identifier: MIT
// The device's AXI4 master: one read and one write address a cycle, in-order data, up to 64 read
// and 16 write bursts outstanding. Counts bursts; the engines count their bytes.
#pragma once
#include <tlm_utils/simple_initiator_socket.h>

#include "hw_model/device_core.h"
#include "hw_model/memory/burst_slots.h"
#include "hw_model/memory/port_timing.h"

namespace tessera::hw {

/// Who asked for a burst.
enum class BurstUser : uint32_t { kDescriptor, kLoad, kStore };

class MemoryPort : public sc_core::sc_module {
  public:
    MemoryPort(const sc_core::sc_module_name& name, Core& core, uint32_t device);
    ~MemoryPort() override;

    tlm_utils::simple_initiator_socket<MemoryPort> socket;

    /// When addresses can be presented.
    const PortTiming& reads() const { return reads_; }
    const PortTiming& writes() const { return writes_; }

    /// Present a read address. The user is told by on_read once the schedule is certain.
    /// With `data` false no contents are fetched (timing only).
    void read(BurstUser user, uint64_t address, uint32_t beats, bool data, Cycle now);
    /// Present a write address with all its data (copied; empty in timing-only runs).
    void write(uint64_t address, const uint8_t* data, uint32_t beats, Cycle now);

    /// No burst is outstanding in cycle `now`.
    bool quiet(Cycle now) const {
        return reads_.outstanding(now) == 0 && writes_.outstanding(now) == 0;
    }
    /// Responses that arrive from now on belong to nobody (soft reset).
    void abandon() { ++epoch_; }

  private:
    struct Slot;
    tlm::tlm_sync_enum on_response(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                   sc_core::sc_time& delay);
    void send(Slot& slot, tlm::tlm_command command, uint64_t address, uint32_t beats);

    Core& core_;
    BurstSlots<Slot> slots_;
    PortTiming reads_, writes_;
    uint64_t epoch_ = 0;
};

}  // namespace tessera::hw
