// SPDX-License-Identifier: MIT
#include "firmware/cover/cover_merger.h"

#include "firmware/cover/cover_sequencer.h"
#include "firmware/merge/partial.h"

namespace tessera::fw {

bool CoverMerger::merge_batch() {
    for (uint32_t n = 0; n < kMergeBatch;) {
        if (!planner_.next(step_)) return true;
        if (!is_partial(device_, step_)) continue;
        if (!merge_tile(partials_++ % kPartialSlots)) return false;
        ++n;
    }
    return true;
}

bool CoverMerger::merge_tile(uint32_t slot) {
    const bool data = accounting_ == nullptr || accounting_->holds_data();
    MergeWork work;
    for (uint32_t n = 0; n < job_->lines[step_.line].groups;) {
        const CoverRun run = planner_.run(step_.line, n, true);
        row_merger_.count(run.rows, step_.first, run.last, work);
        if (data && !merge_run(run, slot, work)) return false;
        n += run.groups;
    }
    if (accounting_ != nullptr) accounting_->merged(work);
    return true;
}

bool CoverMerger::merge_run(const CoverRun& run, uint32_t slot, MergeWork& work) {
    const AttentionJob& job = job_->attention;
    for (uint32_t i = 0; i < run.rows; ++i) {
        const uint32_t head = step_.query_head, token = run.token + i;
        const MergedRow row{row_address(job.state, head, token), row_address(job.o, head, token),
                            row_address(job.lse, head, token), step_.first, run.last};
        if (!row_merger_.merge(row, row_address(job.partial, slot, run.row + i), work))
            return false;
    }
    return true;
}

}  // namespace tessera::fw
