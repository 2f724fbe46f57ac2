// SPDX-License-Identifier: MIT
// Brings the devices' requests to the memory: all requests of cycle t in cycle t+1, round robin
// (the device after the last one served first). Answers pass straight back.
#pragma once
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <memory>
#include <vector>

#include "hw_model/core/unit.h"
#include "hw_model/memory/burst.h"

namespace tessera::hw {

class Arbiter : public Unit {
  public:
    Arbiter(const sc_core::sc_module_name& name, uint32_t devices);

    using TargetSocket = tlm_utils::simple_target_socket_tagged<Arbiter>;
    TargetSocket& target(uint32_t device) { return *targets_[device]; }
    tlm_utils::simple_initiator_socket<Arbiter> socket;

  private:
    void step(Cycle now) override;
    tlm::tlm_sync_enum forward(int device, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                               sc_core::sc_time& delay);
    tlm::tlm_sync_enum backward(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                sc_core::sc_time& delay);

    struct Request {
        uint32_t device;
        Cycle presented;
        tlm::tlm_generic_payload* payload;
    };
    std::vector<std::unique_ptr<TargetSocket>> targets_;
    std::vector<Request> requests_;
    uint32_t first_ = 0;  // device served first
};

}  // namespace tessera::hw
