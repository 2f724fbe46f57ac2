// SPDX-License-Identifier: MIT
#include "firmware/cover/cover_sequencer.h"

#include "firmware/merge/partial.h"
#include "firmware/plan/row_list.h"
#include "firmware/plan/stages.h"
#include "firmware/plan/state_command.h"

namespace tessera::fw {
namespace {

using spec::Command;
using spec::Opcode;

}  // namespace

bool CoverSequencer::next(Command& command) {
    for (;;) {
        if (todo_ == 0) {
            if (!planner_.next(step_)) return false;
            begin_step();
        }
        stage_ = todo_ & (~todo_ + 1);  // the lowest bit
        if (!skipped(stage_)) {
            stage_group_ = group_;
            command = Command{};
            build(stage_, command);
            return true;
        }
        todo_ &= ~stage_;
        group_ = 0;
    }
}

Origin CoverSequencer::origin() const {
    Origin o;
    const bool keys = (stage_ & (kLoadK | kLoadV)) != 0;
    o.head = keys ? step_.kv_head : step_.query_head;
    o.line = step_.line;
    o.token = planner_.run(step_.line, stage_group_, true).token;
    switch (stage_) {
        case kLoadQ: o.purpose = Purpose::kQueries; break;
        case kLoadK: o.purpose = Purpose::kKeys; break;
        case kLoadV: o.purpose = Purpose::kValues; break;
        case kFence: o.purpose = Purpose::kFence; break;
        case kAttend: o.purpose = Purpose::kAttend; break;
        case kStoreO: o.purpose = Purpose::kOutput; break;
        case kStoreLse: o.purpose = Purpose::kLse; break;
        default: o.purpose = partial_ ? Purpose::kPartial : Purpose::kState;
    }
    return o;
}

/// Goes to the first group from group_ on that a stage has to do with. True if there is none.
bool CoverSequencer::skipped(uint32_t stage) {
    const uint32_t groups = job_->lines[step_.line].groups;
    if (partial_ || (stage & (kStoreO | kStoreLse | kStoreState)) == 0) return group_ >= groups;
    while (group_ < groups) {
        const CoverRun run = planner_.run(step_.line, group_, true);
        if (run.last == (stage != kStoreState)) return false;
        group_ += run.groups;
    }
    return true;
}

/// Lists the commands of a step.
void CoverSequencer::begin_step() {
    bank_ = 1 - bank_;
    gathered_ = planner_.gathered(step_.line);
    partial_ = is_partial(device_, step_);
    todo_ = kLoadQ | kLoadK | kLoadV | kAttend;
    group_ = 0;
    if (partial_) {
        if (partials_ != 0 && partials_ % kMergeBatch == 0) todo_ |= kFence;
        ++partials_;
        todo_ |= kStoreState;
        return;
    }
    if (!step_.first) todo_ |= kLoadState;
    if (!step_.first && step_.new_class) todo_ |= kFence;
    todo_ |= kStoreO | kStoreState;
    if (job_->attention.want_lse) todo_ |= kStoreLse;
}

/// The command of a stage that goes on with group group_, and what is done then.
void CoverSequencer::build(uint32_t stage, Command& c) {
    const AttentionJob& job = job_->attention;
    switch (stage) {
        case kLoadQ:
        case kLoadK:
        case kLoadV: return build_load(stage, c);
        case kFence:
            c.opcode = Opcode::kFence;
            if (partial_) c.flags = spec::kFlagInterrupt;
            c.address = record_address_;
            group_ = job_->lines[step_.line].groups;
            return;
        case kAttend: return build_attend(c);
        default: break;
    }
    begin_state_command(stage, job, bank_, c);
    if (stage == kStoreState && partial_) return build_partial_store(c);
    const Tensor& tensor = stage == kStoreO ? job.o : stage == kStoreLse ? job.lse : job.state;
    build_rows(tensor, step_.query_head, c, stage != kLoadState);
}

void CoverSequencer::build_load(uint32_t stage, Command& c) {
    const AttentionJob& job = job_->attention;
    const Tensor& tensor = stage == kLoadQ ? job.q : stage == kLoadK ? job.k : job.v;
    const uint32_t head = stage == kLoadQ ? step_.query_head : step_.kv_head;
    switch (stage) {
        case kLoadQ:
            c.opcode = Opcode::kLoadQ;
            c.q_bank = bank_;
            c.d_k = job.d_k;
            break;
        case kLoadK:
            c.opcode = Opcode::kLoadK;
            c.k_bank = bank_;
            c.d_k = job.d_k;
            break;
        default:
            c.opcode = Opcode::kLoadV;
            c.v_bank = bank_;
            c.d_v = job.d_v;
            break;
    }
    if (!gathered_) {
        const uint32_t token = planner_.run(step_.line, group_, false).token;
        if (stage != kLoadV) c.position = token;  // values have none
        return build_rows(tensor, head, c, false);
    }
    c.flags = spec::kFlagGather;
    c.rows = step_.rows;
    c.address = row_address(tensor, head, 0);
    c.pitch = tensor.pitch;
    c.index_address = job_->index_list + uint64_t{list_part_bytes(device_)} * step_.line;
    c.index_limit = job.nk;
    group_ = job_->lines[step_.line].groups;
}

/// The rows of a run, to or from a tensor; the run is done.
void CoverSequencer::build_rows(const Tensor& tensor, uint32_t head, Command& c, bool cut) {
    const CoverRun run = planner_.run(step_.line, group_, cut);
    c.rows = run.rows;
    c.first_row = run.row;
    c.address = row_address(tensor, head, run.token);
    c.pitch = tensor.pitch;
    group_ += run.groups;
}

/// All rows of the tile.
void CoverSequencer::build_partial_store(Command& c) {
    c.rows = step_.rows;
    c.address = row_address(job_->attention.partial,
                            static_cast<uint32_t>((partials_ - 1) % kPartialSlots), 0);
    c.pitch = job_->attention.partial.pitch;
    group_ = job_->lines[step_.line].groups;
}

void CoverSequencer::build_attend(Command& c) {
    const CoverLine& line = job_->lines[step_.line];
    c.opcode = Opcode::kAttend;
    if (!step_.first && !partial_) c.flags = spec::kFlagContinue;
    c.q_bank = c.k_bank = c.v_bank = c.state_bank = bank_;
    c.rows = c.keys = step_.rows;
    c.d_k = job_->attention.d_k;
    c.d_v = job_->attention.d_v;
    c.factor = job_->attention.factor;
    c.mask = job_->attention.mask;
    if (line.apart != 0) {
        c.mask.flags |= spec::kMaskDiagOff;
        c.mask.diag_group = line.apart * job_->group_tokens;
    }
    group_ = line.groups;
}

}  // namespace tessera::fw
