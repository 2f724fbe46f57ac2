// SPDX-License-Identifier: MIT
// All that the processor does for a job, act by act: commands, FENCEs, merge batches and retries in
// their order. The device stores partial results in merge batches. While the processor merges one
// batch, the device stores the next. An interrupt does not say whose FENCE it is of, so that each
// is waited for before the next is submitted.
#pragma once
#include <stdint.h>

#include "firmware/merge/merger.h"
#include "spec/command.h"

namespace tessera::fw {

enum class Act : uint32_t {
    kSubmit,       ///< the command goes into the ring
    kSubmitFence,  ///< a FENCE does that interrupts
    kAwaitFence,   ///< the processor sleeps until that FENCE is done
    kMerge,        ///< JobLoop::merge()
    kEnd,          ///< nothing is left to do
};

/// A job's work (work.h) and how far it is. A plain value: whoever pulls act after act may copy it
/// between two, and either goes on by itself.
template <typename Work>
struct JobLoop {
    Work work;

    // Acts that are due as bits, in their order.
    uint32_t todo = 0;
    uint32_t part = 0;     ///< the last one of these
    bool stored = false;   ///< a merge batch is in memory, or will be when its FENCE retires
    bool pending = false;  ///< a FENCE has not been waited for
    bool ended = false;    ///< all commands of the job are submitted

    /// The next act; kSubmit comes with its command.
    Act next(spec::Command& command) {
        for (;;) {
            if (todo == 0) {
                if (ended) return Act::kEnd;
                if (!work.next(command))
                    end_job();
                else if (command.has(spec::kFlagInterrupt))
                    end_merge_batch();
                else
                    return Act::kSubmit;
            }
            part = todo & (~todo + 1);  // the lowest bit
            if (part == kRetryCommands && work.next(command)) return Act::kSubmit;
            todo &= ~part;
            if (const Act act = act_of_part(); act != Act::kEnd) return act;
        }
    }

    /// Merges a batch, or what is left of it behind a retry. False at a bus error.
    [[nodiscard]] bool merge() {
        const Merged merged = work.merge_batch();
        if (merged == Merged::kRetry) {
            work.retry();
            todo |= kRetry | part;
        }
        return merged != Merged::kBusFault;
    }

    /// Does the last act belong to a retry?
    bool retrying() const { return (part & kRetry) != 0; }

  private:
    enum Part : uint32_t {
        // A retry: its FENCE must be the only one under way.
        kRetryAwaitBefore = 1u << 0,
        kRetryCommands = 1u << 1,
        kRetryFence = 1u << 2,
        kRetryAwait = 1u << 3,
        kRetry = kRetryAwaitBefore | kRetryCommands | kRetryFence | kRetryAwait,
        // The end of a merge batch: the batch before it is merged meanwhile.
        kMergeBatchAwait = 1u << 4,
        kMergeBatchFence = 1u << 5,
        kMergeBatchMerge = 1u << 6,
        // The last batch. One more FENCE makes the counters cover its merging.
        kLastAwait = 1u << 7,
        kLastMerge = 1u << 8,
        kEndFence = 1u << 9,
        kEndAwait = 1u << 10,
    };

    /// kEnd: nothing is to be done for it.
    Act act_of_part() {
        switch (part) {
            case kRetryCommands: return Act::kEnd;  // all are submitted
            case kRetryFence:
            case kMergeBatchFence:
            case kEndFence: pending = true; return Act::kSubmitFence;
            case kMergeBatchMerge:
            case kLastMerge: return Act::kMerge;
            default:
                if (!pending) return Act::kEnd;
                pending = false;
                return Act::kAwaitFence;
        }
    }

    void end_merge_batch() {
        todo |= kMergeBatchAwait | kMergeBatchFence;
        if (stored) todo |= kMergeBatchMerge;
        stored = true;
    }

    void end_job() {
        ended = true;
        todo = kEndFence | kEndAwait;
        if (work.partials() == 0) return;
        todo |= kLastAwait | kLastMerge;
        end_merge_batch();
    }
};

}  // namespace tessera::fw
