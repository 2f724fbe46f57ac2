// SPDX-License-Identifier: MIT
#include "hw_model/memory/arbiter.h"

#include <algorithm>
#include <string>

namespace tessera::hw {

Arbiter::Arbiter(const sc_core::sc_module_name& name, uint32_t devices)
    : Unit(name), socket("socket") {
    socket.register_nb_transport_bw(this, &Arbiter::backward);
    for (uint32_t i = 0; i < devices; ++i) {
        const std::string target = "target_" + std::to_string(i);
        targets_.push_back(std::make_unique<TargetSocket>(target.c_str()));
        targets_.back()->register_nb_transport_fw(this, &Arbiter::forward, static_cast<int>(i));
    }
}

tlm::tlm_sync_enum Arbiter::forward(int device, tlm::tlm_generic_payload& payload,
                                    tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    if (targets_.size() == 1) {
        // Nobody to arbitrate with: the memory is told now that the request is taken next cycle.
        delay += to_time(spec::kAcceptCycles);
        return socket->nb_transport_fw(payload, phase, delay);
    }
    const Cycle now = now_cycle();
    requests_.push_back({static_cast<uint32_t>(device), now, &payload});
    wake(now + spec::kAcceptCycles);
    return tlm::TLM_ACCEPTED;
}

void Arbiter::step(Cycle now) {
    // A device may have presented this cycle's request before this process ran: that is for later.
    std::vector<Request> taken;
    const auto due = [&](const Request& r) { return r.presented < now; };
    std::copy_if(requests_.begin(), requests_.end(), std::back_inserter(taken), due);
    requests_.erase(std::remove_if(requests_.begin(), requests_.end(), due), requests_.end());
    if (taken.empty()) return;
    const uint32_t n = static_cast<uint32_t>(targets_.size());
    const auto turn = [&](const Request& r) { return (r.device + n - first_) % n; };
    std::stable_sort(taken.begin(), taken.end(), [&](const Request& a, const Request& b) {
        if (turn(a) != turn(b)) return turn(a) < turn(b);
        return a.payload->is_read() && !b.payload->is_read();
    });
    for (const Request& request : taken) {
        tlm::tlm_phase phase = tlm::BEGIN_REQ;
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        socket->nb_transport_fw(*request.payload, phase, delay);
    }
    first_ = (taken.back().device + 1) % n;
}

tlm::tlm_sync_enum Arbiter::backward(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) {
    BurstExtension* extension = nullptr;
    payload.get_extension(extension);
    return (*targets_[extension->device])->nb_transport_bw(payload, phase, delay);
}

}  // namespace tessera::hw
