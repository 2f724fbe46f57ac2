// SPDX-License-Identifier: MIT
// The attention a user asked for, in plain numbers: shapes, mask, schedule, outputs.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "firmware/plan/job.h"
#include "host/approximation/approximation.h"
#include "host/cover/catalogue.h"
#include "host/figure.h"
#include "host/io/tensor.h"
#include "host/problem/mask.h"
#include "host/problem/sentinel.h"
#include "host/problem/shape_fields.h"
#include "hw_model/config.h"
#include "include/tessera/experiment.h"

namespace tessera::host {

struct Selection;

/// Keys and values in pages: key j is row pages[j / rows] * rows + j % rows of tensors that have
/// `tensor_rows` rows.
struct KeyPages {
    uint32_t rows = 0;
    std::vector<uint32_t> pages;
    uint32_t tensor_rows = 0;
};

using tessera::Padding;

/// Where a sequence of a batch lies in the tensors.
struct SequencePlace {
    uint32_t number = 0;                      ///< counted with the empty ones
    uint32_t query_head = 0, kv_head = 0;     ///< the first of its heads
    uint32_t first_query = 0, first_key = 0;  ///< its first rows
    uint32_t nq = 0, nk = 0;                  ///< tokens
};

/// Batches are flattened into heads: query head h reads key/value head h / (query / kv heads).
struct Problem {
    std::vector<uint64_t> leading;  ///< of q: [], [heads] or [batch, heads of a sequence]
    HeadOrder head_order = HeadOrder::kHeadsFirst;  ///< of q in its file, and so of o and lse
    uint32_t query_heads = 1, kv_heads = 1;
    uint32_t batch = 1;         ///< entries of the tensors, of query_heads / batch heads each
    uint32_t nq = 0, nk = 0;    ///< tokens
    uint32_t d_k = 0, d_v = 0;  ///< elements
    /// Of each entry of the batch so many queries and keys are real, the first or the last ones.
    /// The others are padding: neither read nor seen, and their output is zeros. Empty: all.
    std::vector<uint32_t> query_lengths, key_lengths;
    Padding padding = Padding::kRight;
    /// Or sequences lie packed in every entry of the batch: sequence s has the rows from offset s
    /// up to offset s + 1. What is behind the last one is padding. Both are given or neither.
    std::vector<uint32_t> query_offsets, key_offsets;
    AttentionMask mask;
    bool stacked = false;  ///< the query rows of a group's heads share tiles
    fw::ScheduleId schedule = fw::ScheduleId::kQueryResident;
    /// Of schedule `listed`: all pairs of tiles in their order, null for other schedules.
    std::shared_ptr<const std::vector<fw::TilePair>> order;
    /// `--oracle self`: a call takes one set of tokens and attends within it, by a cover of this
    /// kind, and `schedule` means nothing. Not given: a call takes a query tile and a key tile.
    std::optional<CoverKind> cover;
    /// `--oracle causal`: row i of a query tile sees rows 0 to i of a key tile, in every call
    /// (host/problem/row_causal.h). The mask is causal.
    bool row_causal = false;
    /// An approximate schedule, and the tiles that it sees: mask.tiles has all of them
    /// (host/operation/approximate.h). Together or not at all.
    std::optional<Approximation> approximation;
    std::shared_ptr<const Selection> selection;
    /// Where keys and values lie, if not one behind the other. Then they are in device memory.
    std::shared_ptr<const KeyPages> pages;
    double scale = 0;
    SentinelChoice sentinel;  ///< of a black box
    bool bf16_output = false;
    bool want_lse = false;
    bool sink_logits = false;  ///< rows begin with a sink (host/problem/sink_logits.h)

    /// Heads, tokens and dimensions.
    std::vector<Figure> shape() const;
    /// Shape of a result that has something for each query: `leading` and tokens in `head_order`.
    std::vector<uint64_t> row_shape() const;
    /// The same with d_v elements for each: that of o.
    std::vector<uint64_t> output_shape() const;
    /// Which row of that shape, counted from 0, is query `row` of query head `head`.
    uint64_t place_of_row(uint64_t head, uint64_t row) const;
    /// The same of a row of [query_heads][nq].
    uint64_t place_of_row(uint64_t row) const { return place_of_row(row / nq, row % nq); }
    uint32_t group() const { return query_heads / kv_heads; }
    /// Has the schedule tiles of its own (fw::ScheduleType)?
    bool strided() const;
    /// Keys of a full key tile, if a device has tiles of `m` tokens: a sentinel takes a place.
    uint32_t tile_keys(uint32_t m) const { return sentinel.given() ? m - 1 : m; }
    bool packed() const { return !query_offsets.empty(); }
    /// Is this a batch whose sequences have lengths of their own?
    bool ragged() const { return !query_lengths.empty() || !key_lengths.empty() || packed(); }
    /// Sequences of the batch, empty ones too.
    uint32_t sequence_count() const;
    uint32_t queries_of(uint32_t sequence) const;
    uint32_t keys_of(uint32_t sequence) const;
    /// Keys of the longest sequence; padding that makes sequences equally long counts.
    uint32_t most_keys() const;
    /// The sequences of a ragged batch that have a query and a key. The others have no work: what
    /// queries they have see no key.
    std::vector<SequencePlace> places() const;
    /// Those that have queries and no key.
    std::vector<SequencePlace> keyless() const;
    /// What it is made of: problems that have nothing to do with each other, whose calls, bytes and
    /// pairs add up. Those at places(), each with its own tokens alone; else the whole.
    std::vector<Problem> sequences() const;
    /// Query i is at the position of key i + diagonal(), which is below 0 before key 0.
    int64_t diagonal() const { return aligned_at_end() ? int64_t{nk} - int64_t{nq} : 0; }
    /// Positions of query 0 and key 0 on the device, which knows none below 0: both are as many
    /// whole blocks later as the queries before key 0 need, for blocks begin at key 0.
    uint32_t q_position() const { return static_cast<uint32_t>(k_position() + diagonal()); }
    uint32_t k_position() const;
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
    std::vector<SequencePlace> every_place() const;
    bool aligned_at_end() const { return mask.positional() && mask.align == Align::kEnd; }
};

/// The names that the command line and the report use.
const char* schedule_name(fw::ScheduleId id);
const char* align_name(Align align);

/// What a schedule does, for `tessera schedules`: firmware's table (firmware/plan/schedule.h).
struct ScheduleInfo {
    const char* name;
    fw::ScheduleId id;
    const char* description;
    bool shared;  ///< may several devices share a job?
    bool listed;  ///< does the order come with the job?
};
const std::vector<ScheduleInfo>& schedules();

/// 1 / sqrt(d_k).
double default_scale(uint32_t d_k);

/// UserError, naming the option, unless lengths or offsets of sequences fit the problem's tokens.
void check_sequences(const Problem& problem);

/// UserError unless the device can run `problem`: dimensions within D, counts within their ranges,
/// kv heads a divisor of query heads. `device` is its name in messages, `fields` are where the
/// shapes are from.
void check_problem(const Problem& problem, const hw::PlatformConfig& config,
                   const std::string& device, const ShapeFields& fields = {});

}  // namespace tessera::host
