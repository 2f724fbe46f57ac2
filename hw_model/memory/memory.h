// SPDX-License-Identifier: MIT
// What all memories have in common: the socket, the contents, injected faults. A memory decides
// when the beats of a burst cross the bus, and says so.
#pragma once
#include <tlm_utils/simple_target_socket.h>

#include <array>
#include <functional>
#include <utility>
#include <vector>

#include "hw_model/config.h"
#include "hw_model/core/unit.h"
#include "hw_model/memory/burst.h"
#include "hw_model/memory/memory_image.h"

namespace tessera::hw {

class Memory : public Unit {
  public:
    tlm_utils::simple_target_socket<Memory> socket;

    /// Is told of [address, address + bytes) whenever a device has changed it; not timing-only.
    using WriteObserver = std::function<void(uint64_t address, uint64_t bytes)>;
    void observe_writes(WriteObserver observer) { observer_ = std::move(observer); }

    /// At the end of a run: what is still waiting is served first. An ideal memory has no channels.
    virtual MemoryOutcome outcome();

  protected:
    Memory(const sc_core::sc_module_name& name, const MemoryConfig& config, uint32_t devices,
           MemoryImage& image);

    /// A burst is taken in cycle `accepted`, the n-th of its device and direction from 0. answer()
    /// is owed: at the latest in the cycle before the first beat, with the schedule filled in.
    virtual void request(tlm::tlm_generic_payload& payload, BurstExtension& burst, uint64_t n,
                         Cycle accepted) = 0;
    void answer(tlm::tlm_generic_payload& payload);
    void step(Cycle) override {}

    const MemoryConfig config_;

  private:
    tlm::tlm_sync_enum forward(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                               sc_core::sc_time& delay);
    uint32_t bad_beat(uint32_t device, bool write, uint64_t n, bool in_range) const;
    void move_data(tlm::tlm_generic_payload& payload, uint8_t* bytes) const;

    MemoryImage& image_;
    WriteObserver observer_;
    std::vector<std::array<WindowSeries, 2>> beats_;  // of each device, reads and writes
    std::vector<std::array<uint64_t, 2>> bursts_;     // of each device, reads and writes
};

}  // namespace tessera::hw
