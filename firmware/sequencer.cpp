// SPDX-License-Identifier: MIT
#include "firmware/sequencer.h"

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
    kFenceStates = 1u << 3,
    kLoadState = 1u << 4,
    kAttend = 1u << 5,
    kStoreO = 1u << 6,
    kStoreLse = 1u << 7,
    kStoreState = 1u << 8,
};

uint64_t row_address(const Tensor& tensor, uint32_t head, uint32_t row) {
    return tensor.address + tensor.head_stride * head + uint64_t{tensor.pitch} * row;
}

}  // namespace

bool BankSet::select(uint32_t head, uint32_t tile) {
    const auto holds = [&](const Held& held) {
        return held.valid && held.head == head && held.tile == tile;
    };
    if (holds(held_[bank_])) return false;
    bank_ = 1 - bank_;
    if (holds(held_[bank_])) return false;
    held_[bank_] = Held{head, tile, true};
    return true;
}

Sequencer::Sequencer(const AttentionJob& job, const spec::DeviceParams& device,
                     uint64_t record_address)
    : job_(job),
      planner_(job, device.m),
      record_address_(record_address),
      m_(device.m),
      states_travel_(planner_.states_travel()) {}

bool Sequencer::next(Command& command) {
    if (todo_ == 0) {
        if (!planner_.next(step_)) return false;
        begin_step();
    }
    const uint32_t stage = todo_ & (~todo_ + 1);  // the lowest bit
    todo_ &= ~stage;
    command = Command{};
    build(stage, command);
    return true;
}

/// Chooses the banks of a step and lists its commands.
void Sequencer::begin_step() {
    todo_ = kAttend;
    if (q_.select(step_.query_head, step_.q_tile)) todo_ |= kLoadQ;
    if (kv_.select(step_.kv_head, step_.k_tile)) todo_ |= kLoadK | kLoadV;
    const bool state_absent = state_.select(step_.query_head, step_.q_tile);
    if (state_absent && !step_.first) {
        todo_ |= kLoadState;
        // Nothing else orders a load after a store. A state comes back one key tile later, so one
        // FENCE at the first load of a key tile covers all of the key tile before.
        if (step_.new_key && states_unfenced_) {
            todo_ |= kFenceStates;
            states_unfenced_ = false;
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

void Sequencer::build(uint32_t stage, Command& c) const {
    switch (stage) {
        case kLoadQ:
            c.opcode = Opcode::kLoadQ;
            c.q_bank = q_.bank();
            build_load(job_.q, step_.query_head, step_.q_tile, step_.q_rows, c);
            c.d_k = job_.d_k;
            c.position = job_.q_position + step_.q_tile * m_;
            break;
        case kLoadK:
            c.opcode = Opcode::kLoadK;
            c.k_bank = kv_.bank();
            build_load(job_.k, step_.kv_head, step_.k_tile, step_.k_rows, c);
            c.d_k = job_.d_k;
            c.position = job_.k_position + step_.k_tile * m_;
            break;
        case kLoadV:
            c.opcode = Opcode::kLoadV;
            c.v_bank = kv_.bank();
            build_load(job_.v, step_.kv_head, step_.k_tile, step_.k_rows, c);
            c.d_v = job_.d_v;
            break;
        case kFenceStates:
            c.opcode = Opcode::kFence;
            c.address = record_address_;
            break;
        case kAttend: build_attend(c); break;
        case kLoadState:
            c.opcode = Opcode::kLoadState;
            build_store(job_.state, step_.query_head % planner_.group(), c);
            break;
        case kStoreO:
            c.opcode = Opcode::kStoreO;
            c.flags = spec::kFlagNormalise;
            if (job_.bf16_output) c.flags |= spec::kFlagBf16;
            build_store(job_.o, step_.query_head, c);
            break;
        case kStoreLse:
            c.opcode = Opcode::kStoreState;
            build_store(job_.lse, step_.query_head, c);
            c.d_v = 0;
            break;
        default:
            c.opcode = Opcode::kStoreState;
            build_store(job_.state, step_.query_head % planner_.group(), c);
            break;
    }
}

void Sequencer::build_load(const Tensor& tensor, uint32_t head, uint32_t tile, uint32_t rows,
                           Command& c) const {
    c.rows = rows;
    c.address = row_address(tensor, head, tile * m_);
    c.pitch = tensor.pitch;
}

void Sequencer::build_attend(Command& c) const {
    c.opcode = Opcode::kAttend;
    if (!step_.first) c.flags = spec::kFlagContinue;
    c.q_bank = q_.bank();
    c.k_bank = kv_.bank();
    c.v_bank = kv_.bank();
    c.state_bank = state_.bank();
    c.rows = step_.q_rows;
    c.keys = step_.k_rows;
    c.d_k = job_.d_k;
    c.d_v = job_.d_v;
    c.factor = job_.factor;
    const uint32_t first_query = job_.q_position + step_.q_tile * m_;
    const uint32_t last_key = job_.k_position + step_.k_tile * m_ + step_.k_rows - 1;
    const bool partial = last_key > first_query;
    if (job_.mask == MaskKind::kCausal && partial) c.mask.flags = spec::kMaskCausal;
}

/// Also LOAD_STATE, which moves the same rows the other way.
void Sequencer::build_store(const Tensor& tensor, uint32_t head, Command& c) const {
    c.state_bank = state_.bank();
    build_load(tensor, head, step_.q_tile, step_.q_rows, c);
    c.d_v = job_.d_v;
}

}  // namespace tessera::fw
