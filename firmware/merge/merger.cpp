// SPDX-License-Identifier: MIT
#include "firmware/merge/merger.h"

namespace tessera::fw {

Merger::Merger(Bus& bus, const AttentionJob* jobs, uint32_t count, const spec::DeviceParams& device,
               Accounting* accounting)
    : bus_(&bus), accounting_(accounting), device_(device), planner_(jobs, count, device.m) {}

Merged Merger::merge_batch() {
    for (; in_merge_batch_ < kMergeBatch; ++in_merge_batch_) {
        while (round_ == 0) {
            if (!planner_.next(step_)) return Merged::kDone;
            if (is_partial(job(), device_, step_)) break;
        }
        const Merged merged =
            merge_tile(round_ == 0 ? partials_++ % kPartialSlots : kRetryPartialSlot);
        if (merged != Merged::kDone) return merged;
    }
    in_merge_batch_ = 0;
    return Merged::kDone;
}

/// The rows of a partial result, or those that were retried.
Merged Merger::merge_tile(uint32_t slot) {
    MergeWork work = round_ == 0 ? work_of_step() : MergeWork();
    const bool data = accounting_ == nullptr || accounting_->holds_data();
    const uint32_t rows = data ? step_.q_rows : 0;
    retries_ = false;
    for (uint32_t at = 0; at < rows; ++at) {
        if (round_ != 0 && !is_pending(at)) continue;
        const Row row = row_at(slot, at);
        if (!(has_sentinel() ? take_shares(row, work)
                             : row_merger().merge(row.merged, row.partial, work)))
            return Merged::kBusFault;
    }
    round_ = retries_ ? round_ + 1 : 0;
    if (retries_) work.calls_retried = sentinel_passes(job().sentinel.form);
    if (accounting_ != nullptr) accounting_->merged(work);
    return retries_ ? Merged::kRetry : Merged::kDone;
}

Merger::Row Merger::row_at(uint32_t slot, uint32_t at) const {
    const Run run = planner_.map().query_run(step_.q_tile, at);  // whose row it is
    Row row;
    row.at = at;
    row.head = step_.query_head + run.head;
    row.token = planner_.map().query_of(run.row);
    row.partial = row_address(job().partial, slot, at);
    row.query = round_ == 0 ? row_address(job().q, row.head, row.token)
                            : row_address(job().sentinel.retry, 0, at);
    row.merged = {working_row(at, row.head, row.token),
                  row_address(job().o, row.head, row.token),
                  row_address(job().lse, row.head, row.token),
                  begins(at),
                  finishes(job(), step_),
                  row_address(job().sink_state, row.head, 0)};
    return row;
}

/// Where the running result of a row is. Where one query tile is finished before the next begins,
/// one tile of rows is enough.
uint64_t Merger::working_row(uint32_t tile_row, uint32_t head, uint32_t token) const {
    if (job().row_causal) return row_address(job().state, 0, token % planner_.map().tile_keys());
    if (planner_.open_tiles() == 1) return row_address(job().state, 0, tile_row);
    return row_address(job().state, head % (job().query_heads / job().kv_heads), token);
}

/// Has a row of the tile no working row yet? Of a row-causal job the tile backwards comes first,
/// and has all queries but the last one of a full tile.
bool Merger::begins(uint32_t at) const {
    const TileMap& map = planner_.map();
    const bool seen = job().row_causal && step_.q_tile != 0 && !TileMap::backwards(step_.q_tile) &&
                      at + 1 != map.tile_keys();
    const bool chain = job().row_causal && device_.profile == spec::Profile::kStateful;
    return !seen && (step_.first || chain);
}

/// All but what depends on the data.
MergeWork Merger::work_of_step() const {
    MergeWork work;
    for (uint32_t at = 0, rows = 0; at < step_.q_rows; at += rows) {
        for (rows = 1; at + rows < step_.q_rows && begins(at + rows) == begins(at);) ++rows;
        row_merger().count(rows, begins(at), finishes(job(), step_), work);
    }
    if (has_sentinel()) count_scaling(work);
    return work;
}

}  // namespace tessera::fw
