// SPDX-License-Identifier: MIT
#include "firmware/product_sequencer.h"

#include "firmware/job_check.h"
#include "firmware/stages.h"

namespace tessera::fw {
namespace {

using spec::Command;
using spec::Opcode;

constexpr uint32_t kOne = 0x3f800000;  ///< fp32 bits

constexpr uint32_t tiles(uint32_t length, uint32_t tile) {
    return length / tile + (length % tile != 0 ? 1 : 0);
}

}  // namespace

ProductSequencer::ProductSequencer(const ProductJob& job, const spec::DeviceParams& device)
    : job_(job),
      m_(device.m),
      d_(device.d),
      inner_(product_inner(device)),
      row_tiles_(tiles(job.m, m_)),
      columns_(tiles(job.n, d_)),
      blocks_(tiles(job.k, inner_)) {}

bool ProductSequencer::next(Command& command) {
    if (todo_ == 0) {
        if (!next_step()) return false;
        begin_step();
    }
    const uint32_t stage = todo_ & (~todo_ + 1);  // the lowest bit
    todo_ &= ~stage;
    command = Command{};
    build(stage, command);
    return true;
}

/// The other tile of the pair, or both on the next block, or the next pair.
bool ProductSequencer::next_step() {
    const uint64_t all = uint64_t{row_tiles_} * columns_;
    if (!begun_) return begun_ = true;
    tile_ = 1 - tile_;
    if (2 * pair_ + tile_ == all) tile_ = 0;  // the last pair may be but one tile
    if (tile_ != 0) return true;
    if (++block_ != blocks_) return true;
    block_ = 0;
    return 2 * ++pair_ < all;
}

/// Finds the tiles of this step and lists its commands.
void ProductSequencer::begin_step() {
    const auto block = [](uint32_t index, uint32_t tile, uint32_t length) {
        const uint32_t left = length - index * tile;
        return Block{index, left < tile ? left : tile};
    };
    const uint64_t at = 2 * pair_ + tile_;
    const auto row = static_cast<uint32_t>(at / columns_);
    const auto column = static_cast<uint32_t>(at % columns_);
    row_ = block(row, m_, job_.m);
    column_ = block(row % 2 == 0 ? column : columns_ - 1 - column, d_, job_.n);
    part_ = block(block_, inner_, job_.k);
    todo_ = kAttend;
    if (at == 0 && block_ == 0) todo_ |= kLoadK;
    if (q_.select(row, block_, row_.size)) todo_ |= kLoadQ;
    if (v_.select(column_.index, block_, part_.size)) todo_ |= kLoadV;
    if (block_ + 1 == blocks_) todo_ |= kStoreO;
}

void ProductSequencer::build(uint32_t stage, Command& c) const {
    const auto rows_of = [&c](const Tensor& matrix, uint32_t block, uint32_t first, uint32_t rows) {
        c.address = row_address(matrix, block, first);
        c.pitch = matrix.pitch;
        c.rows = rows;
    };
    switch (stage) {
        case kLoadQ:
            c.opcode = Opcode::kLoadQ;
            c.q_bank = q_.bank();
            c.d_k = part_.size;
            return rows_of(job_.a, block_, row_.index * m_, row_.size);
        case kLoadK:
            c.opcode = Opcode::kLoadK;
            c.d_k = part_.size;
            return rows_of(job_.identity, 0, 0, part_.size);
        case kLoadV:
            c.opcode = Opcode::kLoadV;
            c.v_bank = v_.bank();
            c.d_v = column_.size;
            return rows_of(job_.b, column_.index, block_ * inner_, part_.size);
        case kAttend:
            c.opcode = Opcode::kAttend;
            c.flags = spec::kFlagIdentity;
            if (block_ != 0) c.flags |= spec::kFlagContinue;
            c.q_bank = q_.bank();
            c.v_bank = v_.bank();
            c.state_bank = tile_;
            c.rows = row_.size;
            c.keys = c.d_k = part_.size;
            c.d_v = column_.size;
            c.factor = kOne;
            return;
        default:
            c.opcode = Opcode::kStoreO;
            c.flags = job_.bf16_output ? uint32_t{spec::kFlagBf16} : 0;
            c.state_bank = tile_;
            c.d_v = column_.size;
            return rows_of(job_.c, column_.index, row_.index * m_, row_.size);
    }
}

JobRule check_product_job(const ProductJob& job, const spec::DeviceParams& device) {
    if (job.m == 0 || job.k == 0 || job.n == 0) return JobRule::kEmpty;
    if (job.m > spec::kPositionLimit || job.k > spec::kPositionLimit ||
        job.n > spec::kPositionLimit)
        return JobRule::kPositions;
    const auto least = [](uint32_t x, uint32_t y) { return x < y ? x : y; };
    const uint32_t bus = device.bus_bytes, inner = product_inner(device);
    const uint32_t part = least(job.k, inner), column = least(job.n, device.d);
    if (!placed(job.a, 2 * part, bus) || !placed(job.identity, 2 * part, bus) ||
        !placed(job.b, 2 * column, bus) || !placed(job.c, (job.bf16_output ? 2 : 4) * column, bus))
        return JobRule::kAlignment;
    if (job.k > inner && device.profile != spec::Profile::kStateful) return JobRule::kProfile;
    return JobRule::kNone;
}

}  // namespace tessera::fw
