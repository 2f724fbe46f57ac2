// SPDX-License-Identifier: MIT
#include "firmware/runner/runner.h"

#include "firmware/attention/sequencer.h"
#include "firmware/cover/cover_merger.h"
#include "firmware/cover/cover_planner.h"
#include "firmware/cover/cover_sequencer.h"
#include "firmware/gemm/gemm_sequencer.h"
#include "firmware/linear/linear_sequencer.h"
#include "firmware/merge/sentinel.h"
#include "firmware/plan/row_list.h"
#include "firmware/plan/summary_list.h"
#include "firmware/runner/job_check.h"

namespace tessera::fw {
namespace {

// A job is work of two sides: commands to submit, and merge batches to merge. All kinds of work
// have the same functions. None is virtual, since scripts/firmware_size follows calls.

/// The work of attention jobs.
class AttentionWork {
  public:
    AttentionWork(const AttentionJob* jobs, uint32_t count, const spec::DeviceParams& device,
                  uint64_t record_address, Bus& bus)
        : sequencer_(jobs, count, device, record_address), merger_(bus, jobs, count, device) {}

    bool next(spec::Command& command) { return sequencer_.next(command); }
    uint64_t partials() const { return sequencer_.partials(); }
    Merged merge_batch() { return merger_.merge_batch(); }
    /// After Merged::kRetry: next() gives the commands for it, then false once.
    void retry() { sequencer_.retry(merger_.step(), merger_.planner()); }
    const Unresolved& unresolved() const { return merger_.unresolved(); }

  private:
    Sequencer sequencer_;
    Merger merger_;
};

/// The work of a job by a cover.
class CoverWork {
  public:
    CoverWork(const CoverJob& job, const spec::DeviceParams& device, uint64_t record_address,
              Bus& bus)
        : sequencer_(job, device, record_address), merger_(bus, job, device) {}

    bool next(spec::Command& command) { return sequencer_.next(command); }
    uint64_t partials() const { return sequencer_.partials(); }
    Merged merge_batch() { return merger_.merge_batch() ? Merged::kDone : Merged::kBusFault; }
    void retry() {}  // never asked for

  private:
    CoverSequencer sequencer_;
    CoverMerger merger_;
};

/// The work of a job that leaves nothing to merge.
template <typename Sequencer>
class PlainWork {
  public:
    explicit PlainWork(Sequencer sequencer) : sequencer_(sequencer) {}

    bool next(spec::Command& command) { return sequencer_.next(command); }
    uint64_t partials() const { return 0; }
    Merged merge_batch() { return Merged::kDone; }
    void retry() {}

  private:
    Sequencer sequencer_;
};

}  // namespace

Status Runner::await_merge_batch(MergeBatches& batches) {
    if (!batches.pending) return Status{};
    batches.pending = false;
    return driver_.await_fence();
}

/// Submits the calls of a retry and waits for them. Their FENCE must be the only one under way.
template <typename Work>
Status Runner::retry(Work& work, MergeBatches& batches) {
    if (Status s = await_merge_batch(batches); !s.ok()) return s;
    const uint64_t first = driver_.descriptors();
    work.retry();
    Status status;
    spec::Command command;
    while (status.ok() && work.next(command)) status = driver_.submit(command);
    if (status.ok()) status = driver_.fence();
    driver_.bus().retried(first, driver_.descriptors() - first);
    return status;
}

template <typename Work>
Status Runner::merge_batch(Work& work, MergeBatches& batches) {
    for (;;) {
        switch (work.merge_batch()) {
            case Merged::kDone: return Status{};
            case Merged::kBusFault: return failed(Code::kBusFault);
            case Merged::kRetry:
                if (Status s = retry(work, batches); !s.ok()) return s;
        }
    }
}

/// Submits the FENCE of a merge batch, and merges the batch before it meanwhile. That one's FENCE
/// is waited for first, since an interrupt does not say whose it is.
template <typename Work>
Status Runner::end_merge_batch(Work& work, MergeBatches& batches) {
    const bool merge = batches.stored;
    if (Status s = await_merge_batch(batches); !s.ok()) return s;
    if (Status s = driver_.submit_fence(); !s.ok()) return s;
    batches.stored = batches.pending = true;
    return merge ? merge_batch(work, batches) : Status{};
}

/// Runs all work of a job. A bus fault may leave a FENCE under way.
template <typename Work>
Status Runner::run_work(Work& work) {
    const Status status = run_batches(work);
    return status.code == Code::kBusFault ? driver_.break_off() : status;
}

/// Submits all commands, merges what is partial, and waits for the end.
template <typename Work>
Status Runner::run_batches(Work& work) {
    MergeBatches batches;
    spec::Command command;
    while (work.next(command)) {
        const bool ends_merge_batch = command.has(spec::kFlagInterrupt);
        if (Status s = ends_merge_batch ? end_merge_batch(work, batches) : driver_.submit(command);
            !s.ok())
            return s;
    }
    if (work.partials() == 0) return driver_.fence();
    if (Status s = end_merge_batch(work, batches); !s.ok()) return s;
    if (Status s = await_merge_batch(batches); !s.ok()) return s;
    if (Status s = merge_batch(work, batches); !s.ok()) return s;
    return driver_.fence();  // so that the counters cover the merging
}

Status Runner::run(const AttentionJob* jobs, uint32_t count) {
    unresolved_ = Unresolved{};
    if (!driver_.fault().ok()) return driver_.fault();
    if (count == 0) return refused(JobRule::kEmpty);
    for (uint32_t i = 0; i < count; ++i)
        if (const JobRule rule = check_job(jobs[i], driver_.device()); rule != JobRule::kNone)
            return refused(rule);
    for (uint32_t i = 0; i < count; ++i)
        if (!write_summary_list(jobs[i], driver_.device(), driver_.bus()) ||
            !write_row_lists(jobs[i], driver_.device(), driver_.bus()) ||
            !write_sentinel(jobs[i], driver_.device(), driver_.bus()))
            return failed(Code::kBusFault);
    AttentionWork work(jobs, count, driver_.device(), driver_.config().record_address,
                       driver_.bus());
    const Status status = run_work(work);
    unresolved_ = work.unresolved();
    return status.ok() && unresolved_.rows != 0 ? failed(Code::kUnresolved) : status;
}

Status Runner::run(const CoverJob& job) {
    if (!driver_.fault().ok()) return driver_.fault();
    const JobRule rule = check_cover_job(job, driver_.device());
    if (rule != JobRule::kNone) return refused(rule);
    if (!write_cover_list(job, driver_.device(), driver_.bus())) return failed(Code::kBusFault);
    CoverWork work(job, driver_.device(), driver_.config().record_address, driver_.bus());
    return run_work(work);
}

Status Runner::run(const GemmJob& job) {
    if (!driver_.fault().ok()) return driver_.fault();
    const JobRule rule = check_gemm_job(job, driver_.device());
    if (rule != JobRule::kNone) return refused(rule);
    PlainWork work(GemmSequencer(job, driver_.device()));
    return run_work(work);
}

Status Runner::run(const LinearJob& job) {
    if (!driver_.fault().ok()) return driver_.fault();
    const JobRule rule = check_linear_job(job, driver_.device());
    if (rule != JobRule::kNone) return refused(rule);
    PlainWork work(LinearSequencer(job, driver_.device(), driver_.config().record_address));
    return run_work(work);
}

}  // namespace tessera::fw
