// SPDX-License-Identifier: MIT
// What the Merger does with a sentinel: partial results are shares, and not all of them tell.
#include "firmware/merge/merger.h"
#include "spec/float.h"
#include "spec/integers.h"

namespace tessera::fw {
namespace {

constexpr uint32_t kMaxRounds = 32;  ///< twice as many as doubling steps and a bisection take
/// A row flag of working rows, beside those of the device: its sum stays untold.
constexpr uint16_t kGivenUp = 1u << 15;

}  // namespace

/// A row of shares: merged if they tell its sum, else to be retried or given up.
bool Merger::take_shares(const Row& row, MergeWork& work) {
    Shares shares;
    uint16_t level = 0;
    if (round_ != 0) work.bytes_read += shares_bytes();
    if (!read_shares(row, shares) || !read_level(row.query, level)) return false;
    ToldRow told;  // EMPTY
    switch (told_by(job().sentinel.form, shares)) {
        case Told::kNan:  // a query's own, which the sentinel shows even where it sees no key
            if (sees_a_key(row)) told = {{0, spec::kRowNan, spec::kNan}, spec::kNan};
            break;
        case Told::kSum: told = told_row(job(), shares, level); break;
        case Told::kNothing:
            if (sees_a_key(row)) return retry(row, shares, level, work);
            break;
        default: return retry(row, shares, level, work);
    }
    pending_[row.at / 32] &= ~(1u << row.at % 32);
    return merge_told(row, told, work);
}

bool Merger::merge_told(const Row& row, const ToldRow& told, MergeWork& work) {
    const bool shares_behind = job().sentinel.form == SentinelForm::kColumns;
    const TileRow tile{told.state, row.partial + (shares_behind ? 0 : device_.bus_bytes), true,
                       told.factor};
    return row_merger().merge(row.merged, tile, work);
}

/// Another level for this row, if there is one left to try.
bool Merger::retry(const Row& row, const Shares& shares, uint16_t level, MergeWork& work) {
    spec::RowState state;
    if (!row.merged.first && !row_merger().read_state(row.merged.working, state)) return false;
    if ((state.flags & kGivenUp) != 0) return give_up(row, state, work);
    if (round_ == 0 && !retries_ && job().sentinel.query_column && !copy_queries(work))
        return false;
    const uint64_t query = row_address(job().sentinel.retry, 0, row.at);
    const uint64_t levels_at = query + job().sentinel.retry.pitch - device_.bus_bytes;
    Levels levels{-kLevelLimit, kLevelLimit};
    if (round_ != 0) {
        uint32_t low = 0, high = 0;
        if (!bus_->read32(levels_at, low) || !bus_->read32(levels_at + 4, high)) return false;
        work.bytes_read += 8;
        levels = {static_cast<int32_t>(low), static_cast<int32_t>(high)};
    }
    if (!job().sentinel.query_column || round_ == kMaxRounds ||
        !next_level(job().sentinel.form, shares, round_, levels, level))
        return give_up(row, state, work);
    if (!write_level(query, level) ||
        !bus_->write32(levels_at, static_cast<uint32_t>(levels.low)) ||
        !bus_->write32(levels_at + 4, static_cast<uint32_t>(levels.high)))
        return false;
    work.bytes_read += 4;
    work.bytes_written += 12;
    retries_ = true;
    pending_[row.at / 32] |= 1u << row.at % 32;
    work.rows_retried += 1;
    return true;
}

/// A row is named once, however many of its key tiles stay untold.
bool Merger::give_up(const Row& row, const spec::RowState& state, MergeWork& work) {
    pending_[row.at / 32] &= ~(1u << row.at % 32);
    if ((state.flags & kGivenUp) == 0) {
        const uint32_t before = planner_.job_index() * job().query_heads;  // jobs have as many
        if (unresolved_.rows < Unresolved::kNamed)
            unresolved_.named[unresolved_.rows] = {before + row.head, row.token};
        ++unresolved_.rows;
    }
    return merge_told(row, {{0, spec::kRowNan | kGivenUp, spec::kNan}, spec::kNan}, work);
}

/// The queries of the tile, to be given other levels.
bool Merger::copy_queries(MergeWork& work) {
    const uint32_t bytes = spec::round_up(2 * key_columns(job()), 4u);
    for (uint32_t at = 0; at < step_.q_rows; ++at) {
        const Run run = planner_.map().query_run(step_.q_tile, at);
        const uint64_t from = row_address(job().q, step_.query_head + run.head, run.row);
        const uint64_t to = row_address(job().sentinel.retry, 0, at);
        for (uint32_t byte = 0; byte < bytes; byte += 4) {
            uint32_t word = 0;
            if (!bus_->read32(from + byte, word) || !bus_->write32(to + byte, word)) return false;
        }
    }
    work.bytes_read += uint64_t{step_.q_rows} * bytes;
    work.bytes_written += uint64_t{step_.q_rows} * bytes;
    return true;
}

/// Does the mask let a query see any key of the tile?
bool Merger::sees_a_key(const Row& row) const {
    if (step_.mask.flags == 0) return true;
    const TileMap& map = planner_.map();
    const uint32_t q = map.query_run(step_.q_tile, row.at).position;
    for (uint32_t at = 0; at < step_.keys;) {
        const Run run = map.key_run(step_.k_tile, at);
        for (uint32_t i = 0; i < run.rows; ++i, ++at)
            if (spec::mask_allows(step_.mask, row.at, at, q, run.position + i)) return true;
    }
    return false;
}

/// Each element of a partial result is scaled before it is merged; shares and level of a row are
/// read in place of its state.
void Merger::count_scaling(MergeWork& work) const {
    work.elements += merged_elements(step_.q_rows, job().d_v, false);
    work.bytes_read += uint64_t{step_.q_rows} * shares_bytes();
    work.bytes_read -= uint64_t{step_.q_rows} * kStateHead;
}

/// Of the shares and the level of a row.
uint32_t Merger::shares_bytes() const {
    return 4 * indicator_columns(job().sentinel.form) + (job().sentinel.query_column ? 4 : 0);
}

bool Merger::read_shares(const Row& row, Shares& shares) {
    const bool columns = job().sentinel.form == SentinelForm::kColumns;
    const uint64_t at = row.partial + (columns ? uint64_t{4} * job().d_v : 0);
    if (indicator_columns(job().sentinel.form) == 1) return bus_->read32(at, shares.w);
    return bus_->read32(at, shares.u) && bus_->read32(at + 4, shares.w);
}

bool Merger::read_level(uint64_t query, uint16_t& level) {
    if (!job().sentinel.query_column) return true;
    uint32_t word = 0;
    if (!bus_->read32(query + job().d_k / 2 * uint64_t{4}, word)) return false;
    level = static_cast<uint16_t>(word >> 16 * (job().d_k % 2));
    return true;
}

bool Merger::write_level(uint64_t query, uint16_t level) {
    const uint64_t at = query + job().d_k / 2 * uint64_t{4};
    uint32_t word = 0;
    if (!bus_->read32(at, word)) return false;
    const uint32_t shift = 16 * (job().d_k % 2);
    return bus_->write32(at, (word & ~(0xffffu << shift)) | uint32_t{level} << shift);
}

}  // namespace tessera::fw
