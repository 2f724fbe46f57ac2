// SPDX-License-Identifier: MIT
// A memory burst over TLM-2.0. The initiator calls nb_transport_fw(BEGIN_REQ) in the cycle in which
// it presents the address (write data complete in the payload). The target answers with
// nb_transport_bw(BEGIN_RESP), at the latest in the cycle before the first beat, as soon as the
// schedule of the burst is certain: the extension then holds the cycle of each beat. Data is taken
// and given at BEGIN_REQ for writes and at BEGIN_RESP for reads.
#pragma once
#include <tlm>
#include <vector>

#include "hw_model/core/cycle.h"

namespace tessera::hw {

/// When the beats of a burst cross the bus, and what the memory thought of them.
struct BurstSchedule {
    Cycle first = 0, last = 0;  ///< cycles of the first and last beat
    Cycle response = 0;         ///< write: cycle of the response
    /// Read: first beat answered with an error; write: 0 if refused.
    uint32_t error_beat = UINT32_MAX;
    std::vector<Cycle> beats;  ///< cycle of each beat, empty if they are contiguous

    bool failed() const { return error_beat != UINT32_MAX; }
    Cycle beat(uint32_t i) const { return beats.empty() ? first + i : beats[i]; }
};

/// Rides on every payload. Belongs to the initiator, which reuses it.
struct BurstExtension : tlm::tlm_extension<BurstExtension> {
    uint32_t device = 0;  ///< which port of the memory
    uint32_t beats = 0;
    uint64_t user = 0;  ///< the initiator's own
    BurstSchedule schedule;

    tlm::tlm_extension_base* clone() const override { return new BurstExtension(*this); }
    void copy_from(const tlm::tlm_extension_base& other) override {
        *this = static_cast<const BurstExtension&>(other);
    }
};

}  // namespace tessera::hw
