// SPDX-License-Identifier: MIT
#include "firmware/linear/linear_sequencer.h"

#include "firmware/plan/tiles.h"
#include "spec/float.h"

namespace tessera::fw {
namespace {

using spec::Command;
using spec::Opcode;

/// Commands of a step as bits, in the order of issue: the FENCE behind the loads that need not wait
/// for it.
enum Part : uint32_t {
    kIdentity = 1u << 0,
    kQueries = 1u << 1,
    kKeys = 1u << 2,
    kWait = 1u << 3,
    kState = 1u << 4,
    kValues = 1u << 5,
    kCall = 1u << 6,
    kResult = 1u << 7,
};

/// Position of token 0. Rows of I have 0 to d_k - 1: every query may see them, but those of the
/// first chunk, which have no state, do not see them through a window of a chunk.
constexpr uint32_t first_position(const LinearJob& job, uint32_t chunk) {
    return job.causal ? job.d_k + chunk : 0;
}

}  // namespace

LinearSequencer::LinearSequencer(const LinearJob& job, const spec::DeviceParams& device,
                                 uint64_t record_address)
    : job_(&job),
      record_address_(record_address),
      chunk_(linear_chunk(job, device)),
      group_(job.query_heads / job.kv_heads),
      updates_(linear_updates(job, device)),
      states_(linear_states(job, device)),
      outputs_(tiles_of(job.nq, chunk_)),
      updating_(updates_ != 0) {}

bool LinearSequencer::next(Command& command) {
    if (todo_ == 0) {
        if (!next_step()) return false;
        updating_ ? begin_update() : begin_output();
        ++steps_;
    }
    part_ = todo_ & (~todo_ + 1);  // the lowest bit
    todo_ &= ~part_;
    command = Command{};
    build(part_, command);
    return true;
}

/// Updates are of key/value heads, and so are keys, values and states.
Origin LinearSequencer::origin() const {
    Origin o;
    o.head = (part_ & (kKeys | kState | kValues)) != 0 ? kv_head() : step_.head;
    o.q_tile = updating_ ? 0 : step_.chunk;
    o.k_tile = step_.chunk;
    switch (part_) {
        case kIdentity: o.purpose = Purpose::kIdentity; break;
        case kQueries: o.purpose = Purpose::kQueries; break;
        case kKeys: o.purpose = Purpose::kKeys; break;
        case kWait: o.purpose = Purpose::kFence; break;
        case kValues: o.purpose = Purpose::kValues; break;
        case kCall: o.purpose = Purpose::kAttend; break;
        case kResult: o.purpose = updating_ ? Purpose::kState : Purpose::kOutput; break;
        default: o.purpose = Purpose::kState;
    }
    return o;
}

bool LinearSequencer::next_step() {
    if (steps_ == 0) return true;
    if (updating_) {
        if (next_update()) return true;
        updating_ = false;
        steps_ = 0;
        step_.head = step_.chunk = 0;
        return true;
    }
    if (++step_.chunk != outputs_) return true;
    step_.chunk = 0;
    return ++step_.head != job_->query_heads;
}

/// The same chunk of the other head of a pair, then the next chunk, then the next pair.
bool LinearSequencer::next_update() {
    const uint32_t first = step_.head & ~1u;
    if (step_.head == first && first + 1 < job_->kv_heads) {
        ++step_.head;
        return true;
    }
    step_.head = first;
    if (++step_.chunk != updates_) return true;
    step_.chunk = 0;
    step_.head += 2;
    return step_.head < job_->kv_heads;
}

void LinearSequencer::begin_update() {
    step_.q_bank = 0;  // I
    step_.k_bank = step_.v_bank = steps_ % 2;
    step_.state_bank = step_.head % 2;
    todo_ = kKeys | kValues | kCall;
    if (steps_ == 0) todo_ |= kIdentity;
    if (job_->causal || step_.chunk + 1 == updates_) todo_ |= kResult;
}

void LinearSequencer::begin_output() {
    const uint32_t bank = steps_ % 2;
    const bool new_head = step_.chunk == 0 && step_.head % group_ == 0;
    step_.q_bank = step_.state_bank = bank;
    step_.k_bank = job_->causal ? bank : 0;
    step_.v_bank = job_->causal ? bank : kv_head() % 2;
    todo_ = kQueries | kCall | kResult;
    if (steps_ < (job_->causal ? 2 : 1)) todo_ |= kIdentity;
    if (steps_ == 0 && updates_ != 0) todo_ |= kWait;
    if (job_->causal) todo_ |= kKeys | kValues;
    if (job_->causal ? step_.chunk != 0 : new_head) todo_ |= kState;
}

/// Of a chunk of so many tokens.
uint32_t LinearSequencer::rows(uint32_t tokens) const {
    const uint32_t left = tokens - step_.chunk * chunk_;
    return left < chunk_ ? left : chunk_;
}

void LinearSequencer::build(uint32_t part, Command& c) const {
    const uint32_t token = step_.chunk * chunk_, position = first_position(*job_, chunk_) + token;
    const auto rows_of = [&c](const Tensor& tensor, uint32_t head, uint32_t row, uint32_t count) {
        c.address = row_address(tensor, head, row);
        c.pitch = tensor.pitch;
        c.rows = count;
    };
    const uint32_t behind = updating_ ? 0 : job_->d_k;  // I or the state
    switch (part) {
        case kIdentity:
            c.opcode = updating_ ? Opcode::kLoadQ : Opcode::kLoadK;
            c.k_bank = updating_ ? 0 : step_.k_bank;
            c.d_k = job_->d_k;
            return rows_of(job_->identity, 0, 0, job_->d_k);
        case kQueries:
            c.opcode = Opcode::kLoadQ;
            c.q_bank = step_.q_bank;
            c.d_k = job_->d_k;
            c.position = position;
            return rows_of(job_->q, step_.head, token, rows(job_->nq));
        case kKeys:
            c.opcode = Opcode::kLoadK;
            c.k_bank = step_.k_bank;
            c.d_k = job_->d_k;
            c.position = position;
            c.first_row = behind;
            return rows_of(job_->k, kv_head(), token, rows(job_->nk));
        case kWait:
            c.opcode = Opcode::kFence;
            c.address = record_address_;
            return;
        case kState:
            c.opcode = Opcode::kLoadV;
            c.v_bank = step_.v_bank;
            c.d_v = job_->d_v;
            return rows_of(job_->states, kv_head() * states_ + (job_->causal ? step_.chunk - 1 : 0),
                           0, job_->d_k);
        case kValues:
            c.opcode = Opcode::kLoadV;
            c.v_bank = step_.v_bank;
            c.d_v = job_->d_v;
            c.first_row = behind;
            return rows_of(job_->v, kv_head(), token, rows(job_->nk));
        case kCall: return build_attend(c);
        default: return build_store(c);
    }
}

void LinearSequencer::build_attend(Command& c) const {
    c.opcode = Opcode::kAttend;
    c.flags = spec::kFlagIdentity;
    c.q_bank = step_.q_bank;
    c.k_bank = step_.k_bank;
    c.v_bank = step_.v_bank;
    c.state_bank = step_.state_bank;
    c.d_k = job_->d_k;
    c.d_v = job_->d_v;
    c.factor = spec::kOne;  // scores as they are
    if (updating_) {
        if (step_.chunk != 0) c.flags |= spec::kFlagContinue;
        c.rows = job_->d_k;
        c.keys = rows(job_->nk);
        return;
    }
    c.rows = rows(job_->nq);
    c.keys = job_->d_k;
    if (!job_->causal) return;
    c.keys += c.rows;
    c.mask.flags = spec::kMaskCausal;
    if (step_.chunk != 0) return;
    c.mask.flags |= spec::kMaskWindow;
    c.mask.window = chunk_;
}

void LinearSequencer::build_store(Command& c) const {
    c.opcode = Opcode::kStoreO;
    c.state_bank = step_.state_bank;
    c.d_v = job_->d_v;
    if (updating_) c.flags = spec::kFlagBf16;
    const Tensor& to = updating_ ? job_->states : job_->o;
    c.pitch = to.pitch;
    c.rows = updating_ ? job_->d_k : rows(job_->nq);
    c.address = updating_
                    ? row_address(to, step_.head * states_ + (job_->causal ? step_.chunk : 0), 0)
                    : row_address(to, step_.head, step_.chunk * chunk_);
}

JobRule check_linear_job(const LinearJob& job, const spec::DeviceParams& device) {
    if (job.query_heads == 0 || job.kv_heads == 0 || job.nq == 0 || job.nk == 0 || job.d_k == 0 ||
        job.d_v == 0)
        return JobRule::kEmpty;
    if (job.query_heads % job.kv_heads != 0) return JobRule::kHeads;
    if (job.causal && job.nq != job.nk) return JobRule::kMask;
    if (job.d_k > device.d || job.d_v > device.d || job.d_k + (job.causal ? 1 : 0) > device.m)
        return JobRule::kDimension;
    const uint64_t end = uint64_t{job.nq > job.nk ? job.nq : job.nk} + device.m;
    if (end > spec::kPositionLimit) return JobRule::kPositions;
    const uint32_t bus = device.bus_bytes;
    if (!placed(job.q, 2 * job.d_k, bus) || !placed(job.k, 2 * job.d_k, bus) ||
        !placed(job.v, 2 * job.d_v, bus) || !placed(job.o, 4 * job.d_v, bus) ||
        !placed(job.states, 2 * job.d_v, bus) || !placed(job.identity, 2 * job.d_k, bus))
        return JobRule::kAlignment;
    if (linear_updates(job, device) > 1 && device.profile != spec::Profile::kStateful)
        return JobRule::kProfile;
    return JobRule::kNone;
}

}  // namespace tessera::fw
