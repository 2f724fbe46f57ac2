// SPDX-License-Identifier: MIT
// What a device that does not merge leaves to firmware. Profile `stats`: each ATTEND of a query
// tile with several key tiles gives a partial result, which the device stores into the next slot of
// memory. With sink logits each ATTEND does, since such a device cannot load the sink's state.
// Profile `blackbox` with a sentinel: each pair of tiles does. Of a row-causal job a device that
// merges gives one for each query tile but the first, since those of the same queries backwards
// have other rows.
#pragma once
#include <stdint.h>

#include "firmware/plan/planner.h"
#include "spec/params.h"

namespace tessera::fw {

/// Partial results between two FENCEs. A FENCE drains the device, which costs 1.25 calls on `base`:
/// 4 % of a batch of 32. Twice the batch would halve that and double the slots, 2.6 MB there.
inline constexpr uint32_t kMergeBatch = 32;
/// While firmware merges one batch the device fills the other half of the slots.
inline constexpr uint32_t kPartialSlots = 2 * kMergeBatch;

/// With a sentinel: the slot behind those for what is retried.
inline constexpr uint32_t kRetryPartialSlot = kPartialSlots;

constexpr uint32_t partial_slots(const AttentionJob& job) {
    return kPartialSlots + (job.sentinel.form == SentinelForm::kNone ? 0 : 1);
}

/// Does this step give a partial result for firmware to merge?
constexpr bool is_partial(const AttentionJob& job, const spec::DeviceParams& device,
                          const Step& step) {
    if (job.sentinel.form != SentinelForm::kNone) return true;
    if (job.row_causal && step.q_tile != 0)
        return step.last || device.profile == spec::Profile::kStats;
    return device.profile == spec::Profile::kStats &&
           (job.sink_logits || !(step.first && step.last));
}

/// Does the ATTEND of this step go on from the state that the one before has left in its bank?
constexpr bool goes_on(const AttentionJob& job, const spec::DeviceParams& device,
                       const Step& step) {
    return !step.first && (!is_partial(job, device, step) ||
                           (job.row_causal && device.profile == spec::Profile::kStateful));
}

/// Is this the last step of its queries, forwards and backwards?
constexpr bool finishes(const AttentionJob& job, const Step& step) {
    return step.last && !(job.row_causal && TileMap::backwards(step.q_tile));
}

/// Does any step of a job give one?
inline bool has_partials(const AttentionJob& job, const spec::DeviceParams& device,
                         const Planner& planner) {
    if (job.sentinel.form != SentinelForm::kNone) return true;
    return (job.row_causal || device.profile == spec::Profile::kStats) &&
           (job.sink_logits || planner.merges());
}

}  // namespace tessera::fw
