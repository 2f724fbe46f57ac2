// SPDX-License-Identifier: MIT
// The work of jobs, by their kind. A job is work of two sides: commands to submit, and merge
// batches to merge. All kinds have the same functions. None is virtual, since scripts/firmware_size
// follows calls. Each is a plain value: a copy goes on by itself.
#pragma once
#include <stdint.h>

#include "firmware/attention/sequencer.h"
#include "firmware/cover/cover_merger.h"
#include "firmware/cover/cover_sequencer.h"
#include "firmware/driver/bus.h"
#include "firmware/merge/accounting.h"
#include "firmware/merge/merger.h"
#include "spec/command.h"
#include "spec/params.h"

namespace tessera::fw {

/// The work of attention jobs.
class AttentionWork {
  public:
    /// As Sequencer and Merger.
    AttentionWork(const AttentionJob* jobs, uint32_t count, const spec::DeviceParams& device,
                  uint64_t record_address, Bus& bus, Accounting* accounting)
        : sequencer_(jobs, count, device, record_address),
          merger_(bus, jobs, count, device, accounting) {}

    bool next(spec::Command& command) { return sequencer_.next(command); }
    Origin origin() const { return sequencer_.origin(); }
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
    /// As CoverSequencer and CoverMerger.
    CoverWork(const CoverJob& job, const spec::DeviceParams& device, uint64_t record_address,
              Bus& bus, Accounting* accounting)
        : sequencer_(job, device, record_address), merger_(bus, job, device, accounting) {}

    bool next(spec::Command& command) { return sequencer_.next(command); }
    Origin origin() const { return sequencer_.origin(); }
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
    explicit PlainWork(const Sequencer& sequencer) : sequencer_(sequencer) {}

    bool next(spec::Command& command) { return sequencer_.next(command); }
    Origin origin() const { return sequencer_.origin(); }
    uint64_t partials() const { return 0; }
    Merged merge_batch() { return Merged::kDone; }
    void retry() {}

  private:
    Sequencer sequencer_;
};

}  // namespace tessera::fw
