// SPDX-License-Identifier: MIT
// Memory kind `ideal`: a fixed latency, then one beat a cycle, each way and for each device on
// its own. Optionally single beats are delayed at random. Knows a burst's whole schedule when it
// takes the request, so nothing happens later.
#pragma once
#include "hw_model/memory/memory.h"

namespace tessera::hw {

/// Extra cycles before a beat: a hash of what the beat is, never of when it comes. `burst` counts
/// the bursts of this device and direction from 0.
uint32_t stall_cycles(const StallConfig& config, uint32_t device, bool write, uint64_t burst,
                      uint32_t beat);

class IdealMemory : public Memory {
  public:
    IdealMemory(const sc_core::sc_module_name& name, const MemoryConfig& config, uint32_t devices,
                MemoryImage& image);

  private:
    void request(tlm::tlm_generic_payload& payload, BurstExtension& burst, uint64_t n,
                 Cycle accepted) override;

    std::vector<std::array<Cycle, 2>> next_beat_;  // of each device, reads and writes: bus is free
};

}  // namespace tessera::hw
