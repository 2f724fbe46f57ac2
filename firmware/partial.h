// SPDX-License-Identifier: MIT
// What a device of profile `stats` leaves to firmware: it merges nothing, so each ATTEND of a query
// tile with several key tiles gives a partial result, which it stores into the next slot of memory.
#pragma once
#include <stdint.h>

#include "firmware/planner.h"
#include "spec/params.h"

namespace tessera::fw {

/// Partial results between two FENCEs. A FENCE drains the device, which costs 1.25 calls on `base`:
/// 4 % of a batch of 32. Twice the batch would halve that and double the slots, 2.6 MB there.
inline constexpr uint32_t kMergeBatch = 32;
/// While firmware merges one batch the device fills the other half of the slots.
inline constexpr uint32_t kPartialSlots = 2 * kMergeBatch;

/// Does the ATTEND of this step give a partial result for firmware to merge?
constexpr bool is_partial(const spec::DeviceParams& device, const Step& step) {
    return device.profile == spec::Profile::kStats && !(step.first && step.last);
}

/// Does any step of a job?
inline bool has_partials(const spec::DeviceParams& device, const Planner& planner) {
    return device.profile == spec::Profile::kStats && planner.merges();
}

}  // namespace tessera::fw
