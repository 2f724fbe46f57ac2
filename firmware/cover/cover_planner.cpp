// SPDX-License-Identifier: MIT
#include "firmware/cover/cover_planner.h"

#include "firmware/plan/row_list.h"
#include "firmware/plan/tiles.h"

namespace tessera::fw {
namespace {

/// More runs than this are gathered: a run takes a command each for Q, K and V, a gathered line an
/// index list and a burst for each row.
constexpr uint32_t kMaxRuns = 8;

bool lines_fit(const CoverJob& job, uint32_t m) {
    if (job.group_tokens == 0 || job.class_count == 0) return false;
    const uint32_t tokens = job.tokens();
    const uint32_t groups = tiles_of(tokens, job.group_tokens);
    for (uint32_t i = 0; i < job.line_count(); ++i) {
        const CoverLine& line = job.lines[i];
        if (line.groups == 0 || line.groups > m / job.group_tokens) return false;
        if (line.apart > line.groups) return false;
        for (uint32_t n = 0; n < line.groups; ++n) {
            const uint32_t group = job.groups[line.first + n] & ~kLastVisit;
            if (group >= groups) return false;
            if (n != 0 && group <= (job.groups[line.first + n - 1] & ~kLastVisit)) return false;
        }
    }
    for (uint32_t n = 1; n < job.class_count; ++n)
        if (job.class_ends[n] <= job.class_ends[n - 1]) return false;
    return job.class_ends[0] != 0;
}

/// Is it self-attention that nothing but CAUSAL masks?
bool plain(const AttentionJob& job) {
    return job.nq == job.nk && job.q_position == 0 && job.k_position == 0 &&
           (job.mask.flags & ~uint32_t{spec::kMaskCausal}) == 0 && job.documents == nullptr &&
           job.tile_flags == nullptr && !job.stacked && !job.query_list.given() &&
           !job.key_list.given() && !job.pages.given() && !job.row_causal &&
           job.sentinel.form == SentinelForm::kNone && !job.sink_logits;
}

}  // namespace

bool CoverPlanner::next(CoverStep& step) {
    if (class_ == job_->class_count) return false;
    step.query_head = head_;
    step.kv_head = head_ / (job_->attention.query_heads / job_->attention.kv_heads);
    step.line = line_;
    step.rows = line_rows(line_);
    step.first = class_ == 0;
    step.last = true;
    for (uint32_t n = 0; n < job_->lines[line_].groups; ++n)
        step.last = step.last && (group(line_, n) & kLastVisit) != 0;
    step.new_class = class_begins_;
    class_begins_ = false;
    if (++line_ != job_->class_ends[class_]) return true;
    const uint32_t devices = job_->attention.peers + 1;
    if (job_->attention.query_heads - head_ > devices) {
        head_ += devices;
    } else {
        head_ = job_->attention.share;
        ++class_;
        class_begins_ = true;
    }
    line_ = first_line();
    return true;
}

CoverRun CoverPlanner::run(uint32_t line, uint32_t n, bool cut) const {
    const uint32_t size = job_->group_tokens;
    const uint32_t begin = group(line, n);
    CoverRun run{1, n * size, (begin & ~kLastVisit) * size, 0, (begin & kLastVisit) != 0};
    while (n + run.groups < job_->lines[line].groups) {
        const uint32_t next = group(line, n + run.groups);
        if ((next & ~kLastVisit) != (begin & ~kLastVisit) + run.groups) break;
        if (cut && ((next ^ begin) & kLastVisit) != 0) break;
        ++run.groups;
    }
    const uint32_t left = job_->tokens() - run.token;
    run.rows = run.groups * size < left ? run.groups * size : left;
    return run;
}

uint32_t CoverPlanner::line_rows(uint32_t line) const {
    const uint32_t size = job_->group_tokens, groups = job_->lines[line].groups;
    const uint32_t last = (group(line, groups - 1) & ~kLastVisit) * size;
    const uint32_t left = job_->tokens() - last;
    return (groups - 1) * size + (size < left ? size : left);
}

bool CoverPlanner::gathered(uint32_t line) const {
    uint32_t runs = 0;
    for (uint32_t n = 0; n < job_->lines[line].groups; ++runs) n += run(line, n, false).groups;
    return runs > kMaxRuns;
}

JobRule check_cover_job(const CoverJob& job, const spec::DeviceParams& device) {
    const AttentionJob& a = job.attention;
    const uint32_t bus = device.bus_bytes, state_row = bus + 4 * a.d_v;
    if (a.query_heads == 0 || a.kv_heads == 0 || a.nq == 0 || a.d_k == 0 || a.d_v == 0)
        return JobRule::kEmpty;
    if (a.query_heads % a.kv_heads != 0) return JobRule::kHeads;
    if (a.share > a.peers || a.peers >= a.query_heads) return JobRule::kShares;
    if (a.d_k > device.d || a.d_v > device.d) return JobRule::kDimension;
    if (a.nq > spec::kPositionLimit) return JobRule::kPositions;
    if (!plain(a)) return JobRule::kMask;
    if (!lines_fit(job, device.m)) return JobRule::kCover;
    const bool states = job.line_count() > 1;
    const bool partials = states && device.profile == spec::Profile::kStats;
    if (!placed(a.q, 2 * a.d_k, bus) || !placed(a.k, 2 * a.d_k, bus) ||
        !placed(a.v, 2 * a.d_v, bus) || !placed(a.o, (a.bf16_output ? 2 : 4) * a.d_v, bus) ||
        (states && !placed(a.state, state_row, bus)) ||
        (partials && !placed(a.partial, state_row, bus)) ||
        (a.want_lse && !placed(a.lse, bus, bus)) || (job.index_list & (bus - 1)) != 0)
        return JobRule::kAlignment;
    if (device.profile == spec::Profile::kBlackbox && (states || a.want_lse))
        return JobRule::kProfile;
    return JobRule::kNone;
}

bool write_cover_list(const CoverJob& job, const spec::DeviceParams& device, Bus& bus) {
    const CoverPlanner planner(job);
    for (uint32_t line = 0; line < job.line_count(); ++line) {
        if (!planner.gathered(line)) continue;
        uint64_t at = job.index_list + uint64_t{list_part_bytes(device)} * line;
        for (uint32_t n = 0; n < job.lines[line].groups;) {
            const CoverRun run = planner.run(line, n, false);
            for (uint32_t i = 0; i < run.rows; ++i, at += 4)
                if (!bus.write32(at, run.token + i)) return false;
            n += run.groups;
        }
    }
    return true;
}

}  // namespace tessera::fw
