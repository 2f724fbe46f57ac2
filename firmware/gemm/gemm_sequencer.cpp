// SPDX-License-Identifier: MIT
#include "firmware/gemm/gemm_sequencer.h"

#include "firmware/plan/tiles.h"
#include "spec/float.h"

namespace tessera::fw {
namespace {

using spec::Command;
using spec::Opcode;

/// Commands of a step as bits, in the order of issue.
enum Part : uint32_t {
    kIdentity = 1u << 0,
    kLoadA = 1u << 1,
    kLoadNextA = 1u << 2,
    kLoadB = 1u << 3,
    kCall = 1u << 4,
    kStoreC = 1u << 5,
};

}  // namespace

GemmSequencer::GemmSequencer(const GemmJob& job, const spec::DeviceParams& device)
    : job_(&job),
      m_(device.m),
      d_(gemm_c_block(job, device)),
      inner_(gemm_a_block(job, device)),
      columns_(tiles_of(job.n, d_)),
      blocks_(tiles_of(job.k, inner_)),
      tiles_(uint64_t{tiles_of(job.m, m_)} * columns_) {}

bool GemmSequencer::next(Command& command) {
    if (todo_ == 0) {
        if (begun_ && !advance(step_)) return false;
        begun_ = true;
        begin_step();
    }
    part_ = todo_ & (~todo_ + 1);  // the lowest bit
    todo_ &= ~part_;
    command = Command{};
    build(part_, command);
    return true;
}

Origin GemmSequencer::origin() const {
    const Step& step = part_ == kLoadNextA ? after_ : step_;
    Origin o;
    o.head = column(step).index;
    o.q_tile = row(step).index;
    o.k_tile = step.block;
    switch (part_) {
        case kIdentity: o.purpose = Purpose::kIdentity; break;
        case kLoadB: o.purpose = in_score() ? Purpose::kKeys : Purpose::kValues; break;
        case kCall: o.purpose = Purpose::kAttend; break;
        case kStoreC: o.purpose = Purpose::kOutput; break;
        default: o.purpose = Purpose::kQueries;
    }
    return o;
}

/// The other tile of the pair, or both on the next block, or the next pair.
bool GemmSequencer::advance(Step& step) const {
    step.tile = 1 - step.tile;
    if (2 * step.pair + step.tile == tiles_) step.tile = 0;  // the last pair may be but one tile
    if (step.tile != 0) return true;
    if (++step.block != blocks_) return true;
    step.block = 0;
    return 2 * ++step.pair < tiles_;
}

GemmSequencer::Block GemmSequencer::row(const Step& step) const {
    const auto index = static_cast<uint32_t>((2 * step.pair + step.tile) / columns_);
    const uint32_t left = job_->m - index * m_;
    return {index, left < m_ ? left : m_};
}

GemmSequencer::Block GemmSequencer::column(const Step& step) const {
    auto index = static_cast<uint32_t>((2 * step.pair + step.tile) % columns_);
    if (row(step).index % 2 != 0) index = columns_ - 1 - index;
    const uint32_t left = job_->n - index * d_;
    return {index, left < d_ ? left : d_};
}

GemmSequencer::Block GemmSequencer::inner(const Step& step) const {
    const uint32_t left = job_->k - step.block * inner_;
    return {step.block, left < inner_ ? left : inner_};
}

/// True if this step's tile of A has to be loaded.
bool GemmSequencer::select_a(const Step& step) {
    const Block rows = row(step);
    return q_.select(rows.index, step.block, rows.size);
}

/// Lists the commands of a step.
void GemmSequencer::begin_step() {
    todo_ = kCall;
    if (step_.pair == 0 && step_.tile == 0 && step_.block == 0) todo_ |= kIdentity;
    if (select_a(step_)) todo_ |= kLoadA;
    q_bank_ = q_.bank();
    after_ = step_;
    if (step_.tile == 1 && advance(after_) && select_a(after_)) todo_ |= kLoadNextA;
    const uint32_t b_rows = in_score() ? column(step_).size : inner(step_).size;
    if (b_.select(column(step_).index, step_.block, b_rows)) todo_ |= kLoadB;
    if (step_.block + 1 == blocks_) todo_ |= kStoreC;
}

void GemmSequencer::build(uint32_t part, Command& c) const {
    const Block rows = row(step_), columns = column(step_);
    switch (part) {
        case kIdentity: return build_identity(c);
        case kLoadA: return build_load_a(step_, q_bank_, c);
        case kLoadNextA: return build_load_a(after_, q_.bank(), c);
        case kLoadB: return build_load_b(c);
        case kCall: return build_call(c);
        default:
            c.opcode = Opcode::kStoreO;
            if (job_->bf16_output) c.flags = spec::kFlagBf16;
            c.state_bank = step_.tile;
            c.d_v = columns.size;
            c.rows = rows.size;
            c.address = row_address(job_->c, columns.index, rows.index * m_);
            c.pitch = job_->c.pitch;
    }
}

void GemmSequencer::build_identity(Command& c) const {
    c.opcode = in_score() ? Opcode::kLoadV : Opcode::kLoadK;
    c.rows = in_score() ? column(step_).size : inner(step_).size;
    (in_score() ? c.d_v : c.d_k) = c.rows;
    c.address = job_->identity.address;
    c.pitch = job_->identity.pitch;
}

void GemmSequencer::build_load_b(Command& c) const {
    const Block columns = column(step_), terms = inner(step_);
    c.pitch = job_->b.pitch;
    if (in_score()) {
        c.opcode = Opcode::kLoadK;
        c.k_bank = b_.bank();
        c.d_k = terms.size;
        c.rows = columns.size;
        c.address = row_address(job_->b, step_.block, columns.index * d_);
        return;
    }
    c.opcode = Opcode::kLoadV;
    c.v_bank = b_.bank();
    c.d_v = columns.size;
    c.rows = terms.size;
    c.address = row_address(job_->b, columns.index, step_.block * inner_);
}

void GemmSequencer::build_call(Command& c) const {
    c.opcode = Opcode::kAttend;
    c.flags = spec::kFlagIdentity;
    if (step_.block != 0) c.flags |= spec::kFlagContinue;
    c.q_bank = q_bank_;
    (in_score() ? c.k_bank : c.v_bank) = b_.bank();
    c.state_bank = step_.tile;
    c.rows = row(step_).size;
    c.d_k = inner(step_).size;
    c.d_v = column(step_).size;
    c.keys = in_score() ? c.d_v : c.d_k;
    c.factor = spec::kOne;  // scores as they are
}

void GemmSequencer::build_load_a(const Step& step, uint32_t bank, Command& c) const {
    const Block rows = row(step);
    c.opcode = Opcode::kLoadQ;
    c.q_bank = bank;
    c.d_k = inner(step).size;
    c.rows = rows.size;
    c.address = row_address(job_->a, step.block, rows.index * m_);
    c.pitch = job_->a.pitch;
}

JobRule check_gemm_job(const GemmJob& job, const spec::DeviceParams& device) {
    if (job.m == 0 || job.k == 0 || job.n == 0) return JobRule::kEmpty;
    if (static_cast<uint32_t>(job.stage) >= kGemmStages) return JobRule::kKind;
    if (job.m > spec::kPositionLimit || job.k > spec::kPositionLimit ||
        job.n > spec::kPositionLimit)
        return JobRule::kPositions;
    const auto least = [](uint32_t x, uint32_t y) { return x < y ? x : y; };
    const uint32_t bus = device.bus_bytes, inner = gemm_a_block(job, device);
    if (inner > gemm_inner(device) || job.c_columns > gemm_columns(job.stage, device))
        return JobRule::kDimension;
    const uint32_t part = least(job.k, inner), column = least(job.n, gemm_c_block(job, device));
    const bool in_score = job.stage == GemmStage::kScore;
    if (!placed(job.a, 2 * part, bus) || !placed(job.b, 2 * (in_score ? part : column), bus) ||
        !placed(job.identity, 2 * (in_score ? column : part), bus) ||
        !placed(job.c, (job.bf16_output ? 2 : 4) * column, bus))
        return JobRule::kAlignment;
    if (job.k > inner && device.profile != spec::Profile::kStateful) return JobRule::kProfile;
    return JobRule::kNone;
}

}  // namespace tessera::fw
