// SPDX-License-Identifier: MIT
// Runs jobs on a driver's device: checks them, writes the lists that they need, submits their
// commands and, where the device does not merge, merges their partial results in batches.
#pragma once
#include <stdint.h>

#include "firmware/cover/cover_job.h"
#include "firmware/driver/driver.h"
#include "firmware/gemm/gemm_job.h"
#include "firmware/linear/linear_job.h"
#include "firmware/merge/merger.h"
#include "firmware/plan/job.h"

namespace tessera::fw {

class Runner {
  public:
    /// `driver` must be initialised before the first run() and outlive this.
    explicit Runner(Driver& driver) : driver_(driver) {}

    /// Runs a job to its end. Refuses it (kBadJob) before the device sees any of it.
    Status run(const AttentionJob& job) { return run(&job, 1); }
    /// Runs jobs one after the other, without waiting between them. They may have `state`,
    /// `partial` and, if it is the same, the sentinel in common, but nothing else that is written.
    /// Refuses all of them if it would refuse one, or if there is none.
    Status run(const AttentionJob* jobs, uint32_t count);
    /// The same for a job by a cover.
    Status run(const CoverJob& job);
    /// And for jobs of other kinds, in which firmware merges nothing.
    Status run(const GemmJob& job);
    Status run(const LinearJob& job);

    /// After kUnresolved: which rows. Heads are counted over all jobs, which then need to have as
    /// many each.
    const Unresolved& unresolved() const { return unresolved_; }

  private:
    /// The device stores partial results in merge batches. While firmware merges one batch, the
    /// device stores the next.
    struct MergeBatches {
        bool stored = false;   ///< a batch is, or will be when its FENCE retires
        bool pending = false;  ///< and that FENCE has not been waited for
    };
    template <typename Work>
    Status run_work(Work& work);
    template <typename Work>
    Status run_batches(Work& work);
    template <typename Work>
    Status end_merge_batch(Work& work, MergeBatches& batches);
    Status await_merge_batch(MergeBatches& batches);
    template <typename Work>
    Status merge_batch(Work& work, MergeBatches& batches);
    template <typename Work>
    Status retry(Work& work, MergeBatches& batches);

    Driver& driver_;
    Unresolved unresolved_;
};

}  // namespace tessera::fw
