// SPDX-License-Identifier: MIT
#include "firmware/merge/row_merger.h"

#include "spec/float.h"
#include "spec/integers.h"

namespace tessera::fw {

bool RowMerger::merge(const MergedRow& row, uint64_t partial, MergeWork& work) {
    TileRow tile;
    tile.values = partial + device_.bus_bytes;
    return read_state(partial, tile.state) && merge(row, tile, work);
}

bool RowMerger::merge(const MergedRow& row, const TileRow& tile, MergeWork& work) {
    spec::RowState state;  // EMPTY
    if ((!row.first || sink_) && !read_state(row.first ? row.sink : row.working, state))
        return false;
    const spec::MergePlan plan = spec::merge_plan(state.m, tile.state.m);
    const spec::RowState merged = spec::merge_row(state, tile.state);
    for (uint32_t j = 0; j < d_v_; ++j) {
        const uint64_t working = row.working + device_.bus_bytes + uint64_t{4} * j;
        uint32_t old_value = 0, value = 0;  // a sink has no value: its O is +0
        if (!row.first && !bus_->read32(working, old_value)) return false;
        if (!bus_->read32(tile.values + uint64_t{4} * j, value)) return false;
        if (tile.scaled) value = spec::fp_mul(value, tile.factor);
        value = spec::merge_element(plan, old_value, value);
        const bool written = row.last
                                 ? write_o(row.output, j, spec::store_element(merged, value, true))
                                 : bus_->write32(working, value);
        if (!written) return false;
    }
    return row.last ? finish(row, merged, work) : write_state(row.working, merged);
}

/// What comes after the elements of a last row.
bool RowMerger::finish(const MergedRow& row, const spec::RowState& merged, MergeWork& work) {
    work.rows_empty += merged.m == spec::kEmpty ? 1 : 0;
    work.rows_nan += (merged.flags & spec::kRowNan) != 0 ? 1 : 0;
    work.rows_saturated += (merged.flags & spec::kRowSaturated) != 0 ? 1 : 0;
    work.rows_div0 += spec::divides_by_zero(merged) ? 1 : 0;
    const uint32_t bytes = output_bytes();
    if (!write_zeros(row.output + spec::round_up(bytes, 4u), row.output + padded(bytes)))
        return false;
    if (!lse_) return true;
    return write_state(row.lse, merged) &&
           write_zeros(row.lse + kStateHead, row.lse + device_.bus_bytes);
}

void RowMerger::count(uint32_t rows, bool first, bool last, MergeWork& work) const {
    const uint64_t state = kStateHead + 4 * d_v_;
    work.rows += rows;
    work.elements += merged_elements(rows, d_v_, last);
    work.bytes_read += rows * state * (first ? 1 : 2);
    if (first && sink_) work.bytes_read += uint64_t{rows} * kStateHead;
    if (!last) {
        work.bytes_written += rows * state;
        return;
    }
    work.rows_finished += rows;
    work.bytes_written +=
        uint64_t{rows} * (padded(output_bytes()) + (lse_ ? device_.bus_bytes : 0));
}

/// Bf16 leaves in pairs, as the bus has words.
bool RowMerger::write_o(uint64_t row, uint32_t column, uint32_t value) {
    if (!bf16_) return bus_->write32(row + uint64_t{4} * column, value);
    const uint32_t half = spec::fp32_to_bf16(value);
    if (column % 2 == 0) {
        word_ = half;
        if (column + 1 != d_v_) return true;
    } else {
        word_ |= half << 16;
    }
    return bus_->write32(row + column / 2 * uint64_t{4}, word_);
}

bool RowMerger::read_state(uint64_t row, spec::RowState& state) {
    uint32_t l = 0, word = 0;
    if (!bus_->read32(row, l) || !bus_->read32(row + 4, word)) return false;
    state = spec::row_state(l, word);
    return true;
}

bool RowMerger::write_state(uint64_t row, const spec::RowState& state) {
    return bus_->write32(row, state.l) && bus_->write32(row + 4, spec::state_word(state));
}

/// The device writes whole beats; so do we.
bool RowMerger::write_zeros(uint64_t from, uint64_t to) {
    for (; from < to; from += 4)
        if (!bus_->write32(from, 0)) return false;
    return true;
}

}  // namespace tessera::fw
