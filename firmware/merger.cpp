// SPDX-License-Identifier: MIT
#include "firmware/merger.h"

#include "spec/float.h"

namespace tessera::fw {
namespace {

constexpr uint32_t kStateHead = 8;  ///< bytes in use of a state row's first beat: l, m and flags

}  // namespace

Merger::Merger(Bus& bus, const AttentionJob& job, const spec::DeviceParams& device)
    : bus_(bus), job_(job), device_(device), planner_(job, device.m) {}

bool Merger::merge_batch() {
    for (uint32_t n = 0; n < kMergeBatch;) {
        if (!planner_.next(step_)) return true;
        if (!is_partial(device_, step_)) continue;
        if (!merge_tile(partials_++ % kPartialSlots)) return false;
        ++n;
    }
    return true;
}

bool Merger::merge_tile(uint32_t slot) {
    MergeWork work = work_of_step();
    const uint32_t rows = bus_.holds_data() ? step_.q_rows : 0;
    for (uint32_t row = 0; row < rows; ++row)
        if (!merge_row(row_address(job_.partial, slot, row), row, work)) return false;
    bus_.merged(work);
    return true;
}

bool Merger::merge_row(uint64_t partial, uint32_t row, MergeWork& work) {
    const Run run = planner_.map().query_run(step_.q_tile, row);  // whose row it is
    const uint32_t head = step_.query_head + run.head;
    const uint64_t working = working_row(row, head, run.row);
    const uint64_t output = row_address(job_.o, head, run.row);
    spec::RowState state, tile;  // EMPTY
    if (!step_.first && !read_state(working, state)) return false;
    if (!read_state(partial, tile)) return false;
    const spec::MergePlan plan = spec::merge_plan(state.m, tile.m);
    const spec::RowState merged = spec::merge_row(state, tile);
    for (uint32_t j = 0; j < job_.d_v; ++j) {
        const uint64_t column = device_.bus_bytes + uint64_t{4} * j;
        uint32_t old_value = 0, tile_value = 0;
        if (!step_.first && !bus_.read32(working + column, old_value)) return false;
        if (!bus_.read32(partial + column, tile_value)) return false;
        const uint32_t value = spec::merge_element(plan, old_value, tile_value);
        const bool written = step_.last
                                 ? write_o(output, j, spec::store_element(merged, value, true))
                                 : bus_.write32(working + column, value);
        if (!written) return false;
    }
    if (!step_.last) return write_state(working, merged);
    work.rows_empty += merged.m == spec::kEmpty ? 1 : 0;
    work.rows_nan += (merged.flags & spec::kRowNan) != 0 ? 1 : 0;
    work.rows_saturated += (merged.flags & spec::kRowSaturated) != 0 ? 1 : 0;
    work.rows_div0 += spec::divides_by_zero(merged) ? 1 : 0;
    const uint32_t bytes = output_bytes();
    if (!write_zeros(output + (bytes + 3) / 4 * 4, output + padded(bytes))) return false;
    return !job_.want_lse || write_lse(row_address(job_.lse, head, run.row), merged);
}

/// Bf16 leaves in pairs, as the bus has words.
bool Merger::write_o(uint64_t row, uint32_t column, uint32_t value) {
    if (!job_.bf16_output) return bus_.write32(row + uint64_t{4} * column, value);
    const uint32_t half = spec::fp32_to_bf16(value);
    if (column % 2 == 0) {
        word_ = half;
        if (column + 1 != job_.d_v) return true;
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

/// Where the running result of a row is. In query-resident order one query tile is finished before
/// the next begins, so that one tile of rows is enough.
uint64_t Merger::working_row(uint32_t tile_row, uint32_t head, uint32_t token) const {
    if (job_.order == LoopOrder::kQueryResident) return row_address(job_.state, 0, tile_row);
    return row_address(job_.state, head % (job_.query_heads / job_.kv_heads), token);
}

uint32_t Merger::output_bytes() const { return (job_.bf16_output ? 2 : 4) * job_.d_v; }

uint32_t Merger::padded(uint32_t bytes) const { return device_.beats(bytes) * device_.bus_bytes; }

/// All but what depends on the data.
MergeWork Merger::work_of_step() const {
    const uint32_t rows = step_.q_rows, state = kStateHead + 4 * job_.d_v;
    MergeWork work;
    work.rows = rows;
    work.elements = uint64_t{rows} * (job_.d_v + 1);
    work.bytes_read = uint64_t{rows} * state * (step_.first ? 1 : 2);
    work.bytes_written = uint64_t{rows} * state;
    if (!step_.last) return work;
    work.rows_finished = rows;
    work.elements += uint64_t{rows} * job_.d_v;
    work.bytes_written = uint64_t{rows} * padded(output_bytes());
    if (job_.want_lse) work.bytes_written += uint64_t{rows} * device_.bus_bytes;
    return work;
}

}  // namespace tessera::fw
