// SPDX-License-Identifier: MIT
// The attention a user asked for, in plain numbers: shapes, mask, schedule, outputs.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "firmware/job.h"
#include "host/approximation/approximation.h"
#include "host/cover/catalogue.h"
#include "host/io/tensor.h"
#include "host/workload/mask.h"
#include "host/workload/sentinel.h"
#include "hw_model/config.h"

namespace tessera::host {

struct Selection;

/// Batches are flattened into heads: query head h reads key/value head h / (query / kv heads).
struct Problem {
    std::vector<uint64_t> leading;  ///< of q: [], [heads] or [batch, heads of a sequence]
    HeadOrder head_order = HeadOrder::kHeadsFirst;  ///< of q in its file, and so of o and lse
    uint32_t query_heads = 1, kv_heads = 1;
    uint32_t batch = 1;         ///< sequences, of query_heads / batch heads each
    uint32_t nq = 0, nk = 0;    ///< tokens
    uint32_t d_k = 0, d_v = 0;  ///< elements
    /// Of each sequence of the batch the first so many queries and keys are real, the others are
    /// padding: neither read nor seen, and their output is zeros. Empty: all.
    std::vector<uint32_t> query_lengths, key_lengths;
    AttentionMask mask;
    bool stacked = false;  ///< the query rows of a group's heads share tiles
    fw::LoopOrder order = fw::LoopOrder::kQueryResident;
    /// `--oracle self`: a call takes one set of tokens and attends within it, by a cover of this
    /// kind, and `order` means nothing. Not given: a call takes a query tile and a key tile.
    std::optional<CoverKind> cover;
    /// An approximate schedule, and the tiles that it sees: mask.tiles has all of them
    /// (host/workload/approximate.h). Together or not at all.
    std::optional<Approximation> approximation;
    std::shared_ptr<const Selection> selection;
    double scale = 0;
    SentinelChoice sentinel;  ///< of a black box
    bool bf16_output = false;
    bool want_lse = false;

    /// Shape of a result that has something for each query: `leading` and tokens in `head_order`.
    std::vector<uint64_t> row_shape() const;
    /// Which row of that shape, counted from 0, is query `row` of query head `head`.
    uint64_t place_of_row(uint64_t head, uint64_t row) const;
    uint32_t group() const { return query_heads / kv_heads; }
    /// Keys of a full key tile, if a device has tiles of `m` tokens: a sentinel takes a place.
    uint32_t tile_keys(uint32_t m) const { return sentinel.given() ? m - 1 : m; }
    /// Is this a batch whose sequences have lengths of their own?
    bool ragged() const { return !query_lengths.empty() || !key_lengths.empty(); }
    uint32_t queries_of(uint32_t sequence) const {
        return query_lengths.empty() ? nq : query_lengths[sequence];
    }
    uint32_t keys_of(uint32_t sequence) const {
        return key_lengths.empty() ? nk : key_lengths[sequence];
    }
    /// What it is made of: problems that have nothing to do with each other, whose calls, bytes and
    /// pairs add up. A ragged batch's sequences, each with its own tokens alone; else the whole.
    std::vector<Problem> sequences() const;
    /// Real queries, over all heads.
    uint64_t query_rows() const;
    /// Positions of query 0 and key 0.
    uint32_t q_position() const { return aligned_at_end() && nk > nq ? nk - nq : 0; }
    uint32_t k_position() const { return aligned_at_end() && nq > nk ? nq - nk : 0; }
    /// Query i is at the position of key i + diagonal().
    int64_t diagonal() const { return int64_t{q_position()} - int64_t{k_position()}; }
    /// May heads be stacked under this mask? Flags are of tiles of one head; rows of a tile that
    /// gathers have to see the same summaries.
    bool stackable() const;
    /// Keys that query `row` of query head `head` sees: `ranges` becomes ascending and disjoint.
    /// `m`: tile tokens, the unit of tile flags. Not of ragged batches, only of their sequences.
    void visible_keys(uint32_t m, uint32_t head, uint32_t row, std::vector<KeyRange>& ranges) const;
    /// The mask as firmware takes it.
    spec::Mask device_mask() const;
    /// fp32 bits of scale * log2(e), what the device multiplies scores with.
    uint32_t factor() const;

  private:
    bool aligned_at_end() const { return mask.positional() && mask.align == Align::kEnd; }
};

/// The names that the command line and the report use.
const char* schedule_name(fw::LoopOrder order);
const char* align_name(Align align);

/// What a schedule does, for `tessera schedules`: firmware's table (firmware/schedule.h).
struct ScheduleInfo {
    const char* name;
    fw::LoopOrder order;
    const char* description;
    bool shared;  ///< may several devices share a job?
};
const std::vector<ScheduleInfo>& schedules();

/// 1 / sqrt(d_k).
double default_scale(uint32_t d_k);

/// UserError unless the device can run `problem`: dimensions within D, counts within their ranges,
/// kv heads a divisor of query heads. `device` is its name in messages.
void check_problem(const Problem& problem, const hw::PlatformConfig& config,
                   const std::string& device);

}  // namespace tessera::host
