// SPDX-License-Identifier: MIT
// Where the Sequencer's last command comes from.
#include "firmware/attention/sequencer.h"
#include "firmware/merge/sentinel.h"
#include "firmware/plan/stages.h"

namespace tessera::fw {

Origin Sequencer::origin() const {
    Origin o;
    o.purpose = purpose();
    o.retry = retrying_;
    o.job = retrying_ ? retry_job_ : planner_.job_index();
    const bool keys = (stage_ & (kLoadK | kLoadNextK | kLoadV)) != 0;
    const Run run = map().query_run(step_.q_tile, keys ? 0 : stage_row_);
    o.head = keys ? step_.kv_head : step_.query_head + run.head;
    o.q_tile = run.row / device_.m;
    o.k_tile = stage_ == kLoadNextK ? step_.next_k_tile : step_.k_tile;
    o.summaries = map().gathered(o.k_tile);
    if (!o.summaries) o.k_tile -= map().gathered_tiles();
    return o;
}

Purpose Sequencer::purpose() const {
    const bool constant = stage_row_ == step_.k_rows;  // behind all keys
    switch (stage_) {
        case kLoadQ: return Purpose::kQueries;
        case kLoadK: return constant ? Purpose::kSentinel : Purpose::kKeys;
        case kLoadNextK: return Purpose::kKeys;
        case kLoadV:
            if (constant) return Purpose::kSentinel;
            return takes_indicators(job().sentinel.form, pass_) ? Purpose::kIndicators
                                                                : Purpose::kValues;
        case kFence: return Purpose::kFence;
        case kLoadState: return step_.first ? Purpose::kSink : Purpose::kState;
        case kAttend: return Purpose::kAttend;
        case kStoreO: return Purpose::kOutput;
        case kStoreLse: return Purpose::kLse;
        case kStorePartial: return Purpose::kPartial;
        default: return Purpose::kState;
    }
}

}  // namespace tessera::fw
