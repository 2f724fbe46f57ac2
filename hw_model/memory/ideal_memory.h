// SPDX-License-Identifier: MIT
// Memory preset `ideal`: a fixed latency, then one beat a cycle, each way and for each device on
// its own. Optionally single beats are delayed at random. Knows a burst's whole schedule when it
// takes the request, so it has no process of its own.
#pragma once
#include <tlm_utils/simple_target_socket.h>

#include <vector>

#include "hw_model/burst.h"
#include "hw_model/config.h"
#include "hw_model/memory/memory_image.h"

namespace tessera::hw {

/// Extra cycles before a beat: a hash of what the beat is, never of when it comes. `burst` counts
/// the bursts of this device and direction from 0.
uint32_t stall_cycles(const StallConfig& config, uint32_t device, bool write, uint64_t burst,
                      uint32_t beat);

class IdealMemory : public sc_core::sc_module {
  public:
    IdealMemory(const sc_core::sc_module_name& name, const MemoryConfig& config, uint32_t devices,
                MemoryImage& image);

    tlm_utils::simple_target_socket<IdealMemory> socket;

  private:
    struct Channel {
        Cycle next_beat = 0;  // first cycle in which the data bus is free
        uint64_t bursts = 0;
    };
    struct Port {
        Channel read, write;
    };
    tlm::tlm_sync_enum forward(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                               sc_core::sc_time& delay);
    void schedule(Channel& channel, uint32_t device, bool write, Cycle first, BurstExtension& e);
    uint32_t bad_beat(uint32_t device, bool write, uint64_t burst, bool in_range) const;

    const MemoryConfig config_;
    MemoryImage& image_;
    std::vector<Port> ports_;
};

}  // namespace tessera::hw
