// SPDX-License-Identifier: MIT
// How a job's tokens fall into tiles, and which pairs of tiles its mask leaves. No order, no
// hardware. A query tile is up to M rows of one stack: the query rows of a head or, stacked, those
// of all heads of a group one after the other. Key tiles are, in this order, the gathered ones
// (summary tokens of earlier blocks, only with kMaskSummary) and the linear ones (M keys in a row,
// or M - 1 where a sentinel takes the last place).
#pragma once
#include <stdint.h>

#include "firmware/plan/job.h"
#include "spec/mask.h"

namespace tessera::fw {

/// Consecutive tokens of one head inside a tile, with consecutive positions. With a list of queries
/// the tokens are those of the list.
struct Run {
    uint32_t head = 0;      ///< counted from the first head of the stack
    uint32_t row = 0;       ///< token of that head
    uint32_t rows = 0;      ///< tokens
    uint32_t position = 0;  ///< of the first
};

/// Positions that each of a job's packed documents is given: a power of two, no document is longer.
uint32_t document_stride(const AttentionJob& job);

/// Can the terms of a job's mask be planned together? (spec::MaskFlag; the operands are legal.)
bool terms_planned(uint32_t flags);

class TileMap {
  public:
    /// `job` must be legal (check_job in job_check.h) and outlive this; `m` is the device's tile
    /// size in tokens.
    TileMap(const AttentionJob& job, uint32_t m);

    const AttentionJob& job() const { return *job_; }
    uint32_t stacks() const { return job_->query_heads / stack_heads_; }
    uint32_t stack_heads() const { return stack_heads_; }
    uint32_t stacks_per_kv_head() const { return stacks() / job_->kv_heads; }
    uint32_t query_tiles() const { return query_tiles_; }  ///< of a stack
    uint32_t key_tiles() const { return key_tiles_; }      ///< of a key/value head
    uint32_t tile_keys() const { return key_m_; }          ///< of a full key tile
    bool sentinel() const { return key_m_ != m_; }         ///< follows the keys of every tile

    /// The smallest key tile from `from` on that a query tile has to meet, key_tiles() if none.
    /// Every query tile meets at least one: what may see no key at all meets the first linear one,
    /// fully masked, so that the device writes its EMPTY rows.
    uint32_t next_key_tile(uint32_t stack, uint32_t q_tile, uint32_t from) const;
    /// The smallest query tile from `from` on that meets a key tile, query_tiles() if none.
    uint32_t next_query_tile(uint32_t stack, uint32_t k_tile, uint32_t from) const;
    /// What the device has to mask in a pair that meets: nothing, unless some pair of a query and a
    /// key in it is forbidden.
    spec::Mask mask(uint32_t stack, uint32_t q_tile, uint32_t k_tile) const;

    uint32_t query_rows(uint32_t q_tile) const;
    /// The run that begins at row `at` of a query tile.
    Run query_run(uint32_t q_tile, uint32_t at) const;
    uint32_t gathered_tiles() const { return gathered_tiles_; }
    bool gathered(uint32_t k_tile) const { return k_tile < gathered_tiles_; }
    /// Keys in a key tile.
    uint32_t key_rows(uint32_t k_tile) const;
    /// Keys of it that a query tile meets: the first so many. Less only in a gathered tile.
    uint32_t keys(uint32_t q_tile, uint32_t k_tile) const;
    /// The run that begins at row `at` of a linear key tile.
    Run key_run(uint32_t k_tile, uint32_t at) const;

    /// Summary tokens: rows whose positions are the last `summary` of their blocks.
    uint32_t summaries() const { return summaries_; }
    uint32_t summary_row(uint32_t n) const;

  private:
    struct Range {
        int64_t begin = 0, end = 0;
    };
    struct Positions {
        uint32_t first = UINT32_MAX, last = 0;
        void add(const Run& run);
    };

    bool meets(uint32_t stack, uint32_t q_tile, uint32_t k_tile) const;
    uint32_t next_visible(uint32_t stack, uint32_t q_tile, uint32_t from) const;
    uint32_t next_of_run(const Run& run, uint32_t from) const;
    uint32_t next_in(const Range& rows, uint32_t from) const;
    uint32_t visible_rows(const Run& run, Range* rows) const;
    bool flagged(uint32_t stack, uint32_t q_tile, uint32_t k_tile) const;
    bool local_holds(const Positions& q, const Positions& k) const;

    uint32_t document_of(uint32_t row) const;
    uint32_t document_end(uint32_t document) const;
    Run cut_at_document(Run run) const;
    Run cut_at_gap(Run run) const;
    uint32_t summaries_before(uint32_t row) const;
    uint32_t summaries_to(uint32_t position) const;
    uint32_t gathered_keys(const Run& run) const;

    const AttentionJob* job_;
    uint32_t m_;
    uint32_t key_m_;  ///< keys of a tile: M, or M - 1 and the sentinel
    uint32_t stack_heads_;
    uint32_t query_tiles_, linear_tiles_, gathered_tiles_, key_tiles_;
    uint32_t summaries_ = 0;
    spec::Mask mask_;  ///< of the job; of packed documents in positions of their own
};

}  // namespace tessera::fw
