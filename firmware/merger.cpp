// SPDX-License-Identifier: MIT
#include "firmware/merger.h"

#include "spec/float.h"

namespace tessera::fw {
namespace {

constexpr uint32_t kStateHead = 8;  ///< bytes in use of a state row's first beat: l, m and flags

}  // namespace

Merger::Merger(Bus& bus, const AttentionJob* jobs, uint32_t count, const spec::DeviceParams& device)
    : bus_(bus), device_(device), jobs_(jobs), planner_(jobs, count, device.m) {}

Merged Merger::merge_batch() {
    for (; in_batch_ < kMergeBatch; ++in_batch_) {
        while (round_ == 0) {
            if (!planner_.next(step_)) return Merged::kDone;
            if (is_partial(job(), device_, step_)) break;
        }
        const Merged merged = merge_tile(round_ == 0 ? partials_++ % kPartialSlots : kRedoSlot);
        if (merged != Merged::kDone) return merged;
    }
    in_batch_ = 0;
    return Merged::kDone;
}

/// The rows of a partial result, or those that were asked again.
Merged Merger::merge_tile(uint32_t slot) {
    MergeWork work = round_ == 0 ? work_of_step() : MergeWork();
    const uint32_t rows = bus_.holds_data() ? step_.q_rows : 0;
    asks_again_ = false;
    for (uint32_t at = 0; at < rows; ++at) {
        if (round_ != 0 && !is_pending(at)) continue;
        const Row row = row_at(slot, at);
        if (!(has_sentinel() ? take_shares(row, work) : take_row(row, work)))
            return Merged::kBusFault;
    }
    round_ = asks_again_ ? round_ + 1 : 0;
    if (asks_again_) work.calls_asked_again = sentinel_passes(job().sentinel.form);
    bus_.merged(work);
    return asks_again_ ? Merged::kAskAgain : Merged::kDone;
}

Merger::Row Merger::row_at(uint32_t slot, uint32_t at) const {
    const Run run = planner_.map().query_run(step_.q_tile, at);  // whose row it is
    Row row;
    row.at = at;
    row.head = step_.query_head + run.head;
    row.token = run.row;
    row.partial = row.values = row_address(job().partial, slot, at);
    if (job().sentinel.form != SentinelForm::kColumns) row.values += device_.bus_bytes;
    row.query = round_ == 0 ? row_address(job().q, row.head, row.token)
                            : row_address(job().sentinel.redo, 0, at);
    row.working = working_row(at, row.head, row.token);
    row.output = row_address(job().o, row.head, row.token);
    return row;
}

/// Profile `stats`: the device tells its state.
bool Merger::take_row(const Row& row, MergeWork& work) {
    PartialRow partial;
    return read_state(row.partial, partial.state) && merge_row(row, partial, work);
}

bool Merger::merge_row(const Row& row, const PartialRow& partial, MergeWork& work) {
    const bool scaled = has_sentinel();
    spec::RowState state;  // EMPTY
    if (!step_.first && !read_state(row.working, state)) return false;
    const spec::MergePlan plan = spec::merge_plan(state.m, partial.state.m);
    const spec::RowState merged = spec::merge_row(state, partial.state);
    for (uint32_t j = 0; j < job().d_v; ++j) {
        const uint64_t column = uint64_t{4} * j, working = row.working + device_.bus_bytes + column;
        uint32_t old_value = 0, value = 0;
        if (!step_.first && !bus_.read32(working, old_value)) return false;
        if (!bus_.read32(row.values + column, value)) return false;
        if (scaled) value = spec::fp_mul(value, partial.factor);
        value = spec::merge_element(plan, old_value, value);
        const bool written = step_.last
                                 ? write_o(row.output, j, spec::store_element(merged, value, true))
                                 : bus_.write32(working, value);
        if (!written) return false;
    }
    if (!step_.last) return write_state(row.working, merged);
    work.rows_empty += merged.m == spec::kEmpty ? 1 : 0;
    work.rows_nan += (merged.flags & spec::kRowNan) != 0 ? 1 : 0;
    work.rows_saturated += (merged.flags & spec::kRowSaturated) != 0 ? 1 : 0;
    work.rows_div0 += spec::divides_by_zero(merged) ? 1 : 0;
    const uint32_t bytes = output_bytes();
    if (!write_zeros(row.output + (bytes + 3) / 4 * 4, row.output + padded(bytes))) return false;
    return !job().want_lse || write_lse(row_address(job().lse, row.head, row.token), merged);
}

/// Bf16 leaves in pairs, as the bus has words.
bool Merger::write_o(uint64_t row, uint32_t column, uint32_t value) {
    if (!job().bf16_output) return bus_.write32(row + uint64_t{4} * column, value);
    const uint32_t half = spec::fp32_to_bf16(value);
    if (column % 2 == 0) {
        word_ = half;
        if (column + 1 != job().d_v) return true;
    } else {
        word_ |= half << 16;
    }
    return bus_.write32(row + column / 2 * uint64_t{4}, word_);
}

bool Merger::write_lse(uint64_t at, const spec::RowState& state) {
    return write_state(at, state) && write_zeros(at + kStateHead, at + device_.bus_bytes);
}

bool Merger::read_state(uint64_t row, spec::RowState& state) {
    uint32_t l = 0, word = 0;
    if (!bus_.read32(row, l) || !bus_.read32(row + 4, word)) return false;
    state = spec::row_state(l, word);
    return true;
}

bool Merger::write_state(uint64_t row, const spec::RowState& state) {
    return bus_.write32(row, state.l) && bus_.write32(row + 4, spec::state_word(state));
}

/// The device writes whole beats; so do we.
bool Merger::write_zeros(uint64_t from, uint64_t to) {
    for (; from < to; from += 4)
        if (!bus_.write32(from, 0)) return false;
    return true;
}

/// Where the running result of a row is. Where one query tile is finished before the next begins,
/// one tile of rows is enough.
uint64_t Merger::working_row(uint32_t tile_row, uint32_t head, uint32_t token) const {
    if (planner_.open_tiles() == 1) return row_address(job().state, 0, tile_row);
    return row_address(job().state, head % (job().query_heads / job().kv_heads), token);
}

uint32_t Merger::output_bytes() const { return (job().bf16_output ? 2 : 4) * job().d_v; }

uint32_t Merger::padded(uint32_t bytes) const { return device_.beats(bytes) * device_.bus_bytes; }

/// All but what depends on the data.
MergeWork Merger::work_of_step() const {
    const uint32_t rows = step_.q_rows, state = kStateHead + 4 * job().d_v;
    const uint32_t query = has_sentinel() && job().sentinel.query_column ? 4 : 0;  // its level
    const uint32_t partial = has_sentinel() ? shares_bytes() + query + 4 * job().d_v : state;
    MergeWork work;
    work.rows = rows;
    work.elements = uint64_t{rows} * (job().d_v + 1) * (has_sentinel() ? 2 : 1);
    work.bytes_read = uint64_t{rows} * (partial + (step_.first ? 0 : state));
    work.bytes_written = uint64_t{rows} * state;
    if (!step_.last) return work;
    work.rows_finished = rows;
    work.elements += uint64_t{rows} * job().d_v;
    work.bytes_written = uint64_t{rows} * padded(output_bytes());
    if (job().want_lse) work.bytes_written += uint64_t{rows} * device_.bus_bytes;
    return work;
}

}  // namespace tessera::fw
