// SPDX-License-Identifier: MIT
// Merges partial results on the processor, element by element, with the device's own numerics
// (spec/state.h), so that the bits are those of a device that merges. Steps and slots are those of
// the Sequencer: the planner's, once more. The driver says when a batch is in memory.
#pragma once
#include <stdint.h>

#include "firmware/bus.h"
#include "firmware/partial.h"
#include "firmware/planner.h"
#include "spec/state.h"

namespace tessera::fw {

class Merger {
  public:
    /// `job` must be legal and outlive this.
    Merger(Bus& bus, const AttentionJob& job, const spec::DeviceParams& device);

    /// Merges the next kMergeBatch partial results, or as many as are left; o and lse of a query
    /// tile are written with its last. False if memory answers with a bus error.
    [[nodiscard]] bool merge_batch();

  private:
    [[nodiscard]] bool merge_tile(uint32_t slot);
    [[nodiscard]] bool merge_row(uint64_t partial, uint32_t row, MergeWork& work);
    [[nodiscard]] bool write_o(uint64_t row, uint32_t column, uint32_t value);
    [[nodiscard]] bool write_lse(uint64_t at, const spec::RowState& state);
    [[nodiscard]] bool read_state(uint64_t row, spec::RowState& state);
    [[nodiscard]] bool write_state(uint64_t row, const spec::RowState& state);
    [[nodiscard]] bool write_zeros(uint64_t from, uint64_t to);
    uint64_t working_row(uint32_t tile_row, uint32_t head, uint32_t token) const;
    uint32_t output_bytes() const;
    uint32_t padded(uint32_t bytes) const;
    MergeWork work_of_step() const;

    Bus& bus_;
    const AttentionJob& job_;
    spec::DeviceParams device_;
    Planner planner_;
    Step step_;
    uint32_t partials_ = 0;  ///< merged so far, modulo 2^32
    uint32_t word_ = 0;      ///< of a bf16 row, half filled
};

}  // namespace tessera::fw
