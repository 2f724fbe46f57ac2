// SPDX-License-Identifier: MIT
// Profile `stats`, jobs by a cover: merges the partial results of the CoverSequencer's steps, slot
// after slot, into rows of `state`. The driver says when a batch is in memory.
#pragma once
#include <stdint.h>

#include "firmware/cover/cover_planner.h"
#include "firmware/merge/row_merger.h"

namespace tessera::fw {

class CoverMerger {
  public:
    /// `job` must be legal and, as bus and accounting, outlive this.
    CoverMerger(Bus& bus, const CoverJob& job, const spec::DeviceParams& device,
                Accounting* accounting = nullptr)
        : accounting_(accounting),
          job_(&job),
          device_(device),
          planner_(job),
          row_merger_(bus, job.attention, device) {}

    /// Merges the next kMergeBatch partial results, or as many as are left. False if memory answers
    /// with a bus error.
    [[nodiscard]] bool merge_batch();

  private:
    [[nodiscard]] bool merge_tile(uint32_t slot);
    [[nodiscard]] bool merge_run(const CoverRun& run, uint32_t slot, MergeWork& work);

    Accounting* accounting_;  ///< or nullptr
    const CoverJob* job_;
    spec::DeviceParams device_;
    CoverPlanner planner_;
    RowMerger row_merger_;
    CoverStep step_;
    uint32_t partials_ = 0;  ///< merged so far, modulo 2^32
};

}  // namespace tessera::fw
