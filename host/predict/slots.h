// SPDX-License-Identifier: MIT
// Calls of an oracle with several slots: the model of Yu & Alman, whose call has H' heads and L'
// layers, each of which attends by itself. A count: nothing here is what the device did, which has
// one slot.
#pragma once
#include <cstdint>
#include <vector>

#include "firmware/plan/job.h"

namespace tessera::host {

/// H' heads x L' layers of one call, used as so many independent slots.
struct Slots {
    uint32_t heads = 1, layers = 1;
    uint64_t count() const { return uint64_t{heads} * layers; }
};

/// Where one planned call goes.
struct SlotPlace {
    uint64_t call = 0;             ///< packed call, from 0
    uint32_t head = 0, layer = 0;  ///< its slot
};

/// Fills slot after slot, call after call. Any calls go together: tile pairs of a layer depend on
/// each other only through the merging, which comes after.
class SlotPacker {
  public:
    explicit SlotPacker(const Slots& slots) : slots_(slots) {}
    SlotPlace place();
    uint64_t placed() const { return placed_; }
    /// Packed calls that have been begun.
    uint64_t calls() const { return calls_; }

  private:
    Slots slots_;
    uint64_t placed_ = 0, calls_ = 0, used_ = 0;  ///< used: slots of the last
};

/// Packs every call that firmware's planner plans for `jobs`, in its order. `m`: tile tokens.
SlotPacker pack_calls(const std::vector<fw::AttentionJob>& jobs, uint32_t m, const Slots& slots);

/// ceil(calls / slots): for H heads of P tile pairs ceil(H * P / (H' * L')).
uint64_t packed_calls_formula(uint64_t calls, const Slots& slots);

}  // namespace tessera::host
