// SPDX-License-Identifier: MIT
// Merges one row of a partial result into its working row, on the processor, with the device's own
// numerics (spec/state.h), and writes o and lse with the last one.
#pragma once
#include <stdint.h>

#include "firmware/driver/bus.h"
#include "firmware/merge/accounting.h"
#include "firmware/plan/job.h"
#include "spec/params.h"
#include "spec/state.h"

namespace tessera::fw {

/// Bytes in use of a state row's first beat: l, m, flags.
inline constexpr uint32_t kStateHead = 8;

/// Where a row's result is, and where it goes.
struct MergedRow {
    uint64_t working = 0, output = 0, lse = 0;
    bool first = false;  ///< the working row holds nothing yet
    bool last = false;   ///< goes to output and lse instead of the working row
    uint64_t sink = 0;   ///< with sink logits: the state that the row begins with
};

/// One row of a partial result.
struct TileRow {
    spec::RowState state;
    uint64_t values = 0;  ///< address of its O
    bool scaled = false;
    uint32_t factor = 0;  ///< fp32 bits: if scaled, of every O[j]
};

/// Elements that `rows` rows of a partial result take: l and every O[j], and every O[j] again of
/// those that are the last of their query. Where they are scaled, the first part twice.
constexpr uint64_t merged_elements(uint64_t rows, uint32_t d_v, bool last) {
    return rows * (d_v + 1 + (last ? d_v : 0));
}

class RowMerger {
  public:
    /// Of `job` only sizes and formats count.
    RowMerger(Bus& bus, const AttentionJob& job, const spec::DeviceParams& device)
        : bus_(&bus),
          device_(device),
          d_v_(job.d_v),
          bf16_(job.bf16_output),
          lse_(job.want_lse),
          sink_(job.sink_logits) {}

    /// Merges a row; what depends on its data is added to `work`. False at a bus error.
    [[nodiscard]] bool merge(const MergedRow& row, const TileRow& tile, MergeWork& work);
    /// The same of a row as a device stores its state.
    [[nodiscard]] bool merge(const MergedRow& row, uint64_t partial, MergeWork& work);
    /// Adds all else that such rows take, if they are not scaled.
    void count(uint32_t rows, bool first, bool last, MergeWork& work) const;
    [[nodiscard]] bool read_state(uint64_t row, spec::RowState& state);

  private:
    [[nodiscard]] bool finish(const MergedRow& row, const spec::RowState& merged, MergeWork& work);
    [[nodiscard]] bool write_o(uint64_t row, uint32_t column, uint32_t value);
    [[nodiscard]] bool write_state(uint64_t row, const spec::RowState& state);
    [[nodiscard]] bool write_zeros(uint64_t from, uint64_t to);
    uint32_t output_bytes() const { return (bf16_ ? 2 : 4) * d_v_; }
    uint32_t padded(uint32_t bytes) const { return device_.beats(bytes) * device_.bus_bytes; }

    Bus* bus_;
    spec::DeviceParams device_;
    uint32_t d_v_;
    bool bf16_, lse_, sink_;
    uint32_t word_ = 0;  ///< of a bf16 row, half filled
};

}  // namespace tessera::fw
