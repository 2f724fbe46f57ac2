// SPDX-License-Identifier: MIT
// Runs jobs on a driver's device: checks them, writes the lists that they need, submits their
// commands and, where the device does not merge, merges their partial results in batches.
#pragma once
#include <stdint.h>

#include "firmware/cover/cover_job.h"
#include "firmware/driver/driver.h"
#include "firmware/gemm/gemm_job.h"
#include "firmware/linear/linear_job.h"
#include "firmware/merge/accounting.h"
#include "firmware/merge/merger.h"
#include "firmware/plan/job.h"
#include "firmware/runner/job_loop.h"

namespace tessera::fw {

class Runner {
  public:
    /// `driver` must be initialised before the first run() and, as `accounting`, outlive this.
    explicit Runner(Driver& driver, Accounting* accounting = nullptr)
        : driver_(driver), accounting_(accounting) {}

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

    /// For work of other kinds, between jobs.
    Driver& driver() const { return driver_; }
    Accounting* accounting() const { return accounting_; }

    /// After kUnresolved: which rows. Heads are counted over all jobs, which then need to have as
    /// many each.
    const Unresolved& unresolved() const { return unresolved_; }

  private:
    template <typename Work>
    Status run_loop(JobLoop<Work>& loop);
    template <typename Work>
    Status perform(Act act, const spec::Command& command, JobLoop<Work>& loop);

    Driver& driver_;
    Accounting* accounting_;  ///< or nullptr
    Unresolved unresolved_;
};

}  // namespace tessera::fw
