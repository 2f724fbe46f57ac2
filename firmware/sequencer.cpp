// SPDX-License-Identifier: MIT
#include "firmware/sequencer.h"

#include "firmware/summary_list.h"

namespace tessera::fw {
namespace {

using spec::Command;
using spec::Opcode;

/// Commands of a step as bits, in the order of issue. K comes before V because the score stage
/// needs it first; a FENCE comes after the loads that need not wait for it.
enum Stage : uint32_t {
    kLoadQ = 1u << 0,
    kLoadK = 1u << 1,
    kLoadV = 1u << 2,
    kFence = 1u << 3,
    kLoadState = 1u << 4,
    kAttend = 1u << 5,
    kStoreO = 1u << 6,
    kStoreLse = 1u << 7,
    kStoreState = 1u << 8,
};

}  // namespace

bool BankSet::select(uint32_t head, uint32_t tile, uint32_t rows) {
    const auto holds = [&](const Held& held) {
        return held.valid && held.head == head && held.tile == tile && held.rows == rows;
    };
    if (holds(held_[bank_])) return false;
    bank_ = 1 - bank_;
    if (holds(held_[bank_])) return false;
    held_[bank_] = Held{head, tile, rows, true};
    return true;
}

Sequencer::Sequencer(const AttentionJob& job, const spec::DeviceParams& device,
                     uint64_t record_address)
    : job_(job),
      planner_(job, device.m),
      record_address_(record_address),
      device_(device),
      group_(job.query_heads / job.kv_heads),
      states_travel_(planner_.states_travel()) {}

bool Sequencer::next(Command& command) {
    if (todo_ == 0) {
        if (!planner_.next(step_)) return false;
        begin_step();
    }
    const uint32_t stage = todo_ & (~todo_ + 1);  // the lowest bit
    command = Command{};
    const uint32_t left = build(stage, command);
    if (left == 0) todo_ &= ~stage;
    row_ = left == 0 ? 0 : row_ + command.rows;
    return true;
}

/// Chooses the banks of a step and lists its commands.
void Sequencer::begin_step() {
    todo_ = kAttend;
    if (q_.select(step_.query_head, step_.q_tile, step_.q_rows)) todo_ |= kLoadQ;
    if (kv_.select(step_.kv_head, step_.k_tile, step_.k_rows)) todo_ |= kLoadK | kLoadV;
    const bool state_absent = state_.select(step_.query_head, step_.q_tile, step_.q_rows);
    partial_ = is_partial(device_, step_);
    if (partial_) {  // a bank gives it away at once: banks alternate
        if (partials_ != 0 && partials_ % kMergeBatch == 0) todo_ |= kFence;
        ++partials_;
        todo_ |= kStoreState;
        state_.release();
        return;
    }
    // Nothing else orders a load after a store. A state comes back with a later key tile, so one
    // FENCE before the first load of a key tile covers all key tiles before.
    if (step_.new_key) fence_due_ = states_unfenced_;
    if (state_absent && !step_.first) {
        todo_ |= kLoadState;
        if (fence_due_) {
            todo_ |= kFence;
            fence_due_ = states_unfenced_ = false;
        }
    }
    if (step_.last) {
        todo_ |= kStoreO;
        if (job_.want_lse) todo_ |= kStoreLse;
    } else if (states_travel_) {
        todo_ |= kStoreState;
        states_unfenced_ = true;
    }
    if ((todo_ & (kStoreO | kStoreState)) != 0) state_.release();
}

/// The command of a stage that goes on at row_. Returns the rows that are left after it.
uint32_t Sequencer::build(uint32_t stage, Command& c) const {
    switch (stage) {
        case kLoadQ:
            c.opcode = Opcode::kLoadQ;
            c.q_bank = q_.bank();
            c.d_k = job_.d_k;
            c.position = planner_.map().query_run(step_.q_tile, row_).position;
            return build_query_rows(job_.q, step_.query_head, c);
        case kLoadK:
            c.opcode = Opcode::kLoadK;
            c.k_bank = kv_.bank();
            c.d_k = job_.d_k;
            return build_key_load(job_.k, c);
        case kLoadV:
            c.opcode = Opcode::kLoadV;
            c.v_bank = kv_.bank();
            c.d_v = job_.d_v;
            return build_key_load(job_.v, c);
        case kFence:
            c.opcode = Opcode::kFence;
            if (partial_) c.flags = spec::kFlagInterrupt;
            c.address = record_address_;
            return 0;
        case kAttend: return build_attend(c);
        case kLoadState:
            c.opcode = Opcode::kLoadState;
            c.state_bank = state_.bank();
            c.d_v = job_.d_v;
            return build_query_rows(job_.state, state_head(), c);
        case kStoreO:
            c.opcode = Opcode::kStoreO;
            c.flags = spec::kFlagNormalise;
            if (job_.bf16_output) c.flags |= spec::kFlagBf16;
            c.state_bank = state_.bank();
            c.d_v = job_.d_v;
            return build_query_rows(job_.o, step_.query_head, c);
        case kStoreLse:
            c.opcode = Opcode::kStoreState;
            c.state_bank = state_.bank();
            return build_query_rows(job_.lse, step_.query_head, c);
        default:
            c.opcode = Opcode::kStoreState;
            c.state_bank = state_.bank();
            c.d_v = job_.d_v;
            if (partial_) return build_partial_store(c);
            return build_query_rows(job_.state, state_head(), c);
    }
}

/// Rows of a run of the query tile, to or from a tensor of query heads.
uint32_t Sequencer::build_query_rows(const Tensor& tensor, uint32_t head, Command& c) const {
    const Run run = planner_.map().query_run(step_.q_tile, row_);
    c.rows = run.rows;
    c.first_row = row_;
    c.address = row_address(tensor, head + run.head, run.row);
    c.pitch = tensor.pitch;
    return step_.q_rows - row_ - run.rows;
}

/// The rows of a slot are those of the tile, whatever runs they are of.
uint32_t Sequencer::build_partial_store(Command& c) const {
    c.rows = step_.q_rows;
    c.address = row_address(job_.partial, (partials_ - 1) % kPartialSlots, 0);
    c.pitch = job_.partial.pitch;
    return 0;
}

uint32_t Sequencer::build_key_load(const Tensor& tensor, Command& c) const {
    const TileMap& map = planner_.map();
    c.pitch = tensor.pitch;
    if (map.gathered(step_.k_tile)) {
        c.flags = spec::kFlagGather;
        c.rows = step_.k_rows;
        c.address = row_address(tensor, step_.kv_head, 0);
        c.index_address = job_.summary_list + uint64_t{summary_part_bytes(device_)} * step_.k_tile;
        c.index_limit = job_.nk;
        return 0;
    }
    Run run = map.key_run(step_.k_tile, row_);
    const bool positions = c.opcode == Opcode::kLoadK;  // values have none
    if (!positions) run.rows = step_.k_rows;
    c.rows = run.rows;
    c.first_row = row_;
    c.address = row_address(tensor, step_.kv_head, run.row);
    if (positions) c.position = run.position;
    return step_.k_rows - row_ - run.rows;
}

uint32_t Sequencer::build_attend(Command& c) const {
    c.opcode = Opcode::kAttend;
    if (!step_.first && !partial_) c.flags = spec::kFlagContinue;
    c.q_bank = q_.bank();
    c.k_bank = kv_.bank();
    c.v_bank = kv_.bank();
    c.state_bank = state_.bank();
    c.rows = step_.q_rows;
    c.keys = step_.keys;
    c.d_k = job_.d_k;
    c.d_v = job_.d_v;
    c.factor = job_.factor;
    c.mask = step_.mask;
    return 0;
}

}  // namespace tessera::fw
