// SPDX-License-Identifier: MIT
// How a job's tokens fall into tiles, and which pairs of tiles its mask leaves. No order, no
// hardware. A query tile is up to M rows of one stack: the query rows of a head or, stacked, those
// of all heads of a group one after the other. Key tiles are, in this order, the gathered ones
// (summary tokens of earlier blocks, only with kMaskSummary) and the linear ones (M keys in a row,
// or M - 1 where a sentinel takes the last place). A strided job has other tiles: query tiles of
// strided_rows() rows, and key tile t are the keys that some row of query tile t sees, the sinks
// before the window. A row-causal job has tiles backwards, too: row_causal_tiles.cpp. A map keeps
// what it was asked last, so that it is not for several threads at once.
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

/// Keys of a full key tile: a sentinel takes the last place.
constexpr uint32_t keys_of_tile(const AttentionJob& job, uint32_t m) {
    return job.sentinel.form == SentinelForm::kNone ? m : m - 1;
}

/// Can the terms of a job's mask be planned together? (spec::MaskFlag; the operands are legal.)
bool terms_planned(uint32_t flags);

/// Rows of a query tile such that `tile_keys` keys are the sinks and all that the rows' windows
/// hold: each row but the first sees one key more. Less than 2 is not worth a schedule.
constexpr int64_t strided_rows(int64_t tile_keys, int64_t window, int64_t sinks) {
    return tile_keys - window + 1 - sinks;
}

/// The same of a job for a device with tiles of `m` tokens.
int64_t strided_rows(const AttentionJob& job, uint32_t m);

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
    /// How many key tiles from `from` on are full and hide nothing from any row of a query tile,
    /// one after the other. 0 as well where that is not known: it is where the rows of a tile
    /// follow each other, and a window goes with CAUSAL.
    uint32_t open_key_tiles(uint32_t q_tile, uint32_t from) const;
    /// How many query tiles that follow one are like it: full, with as many key tiles, all full,
    /// that lie as they do for this one. From key tile moving_tiles() on they move on with it,
    /// those before stay. 0 as well where that is not known.
    uint32_t alike_query_tiles(uint32_t q_tile) const;
    uint32_t moving_tiles() const;
    /// The smallest query tile from `from` on that meets a key tile, query_tiles() if none.
    uint32_t next_query_tile(uint32_t stack, uint32_t k_tile, uint32_t from) const;
    /// What the device has to mask in a pair that meets: nothing, unless some pair of a query and a
    /// key in it is forbidden.
    spec::Mask mask(uint32_t stack, uint32_t q_tile, uint32_t k_tile) const;

    uint32_t query_rows(uint32_t q_tile) const;
    /// Which query a row of the query tensor is.
    uint32_t query_of(uint32_t row) const {
        return row < job_->nq ? row : 2 * job_->nq - 1 - row;  // backwards
    }
    /// Of a row-causal job: the tile of tokens that a query tile has, backwards or not.
    static constexpr uint32_t token_tile(uint32_t q_tile) { return (q_tile + 1) / 2; }
    static constexpr bool backwards(uint32_t q_tile) { return q_tile % 2 == 1; }
    /// Has each query tile one key tile of its own, with the same number?
    bool strided() const { return strided_; }
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
    static constexpr uint32_t kRanges = 4;  ///< of key rows, at most: prefix, window, sinks, block
    struct Range {
        int64_t begin = 0, end = 0;
        uint32_t length() const { return end > begin ? static_cast<uint32_t>(end - begin) : 0; }
    };
    struct Positions {
        uint32_t first = UINT32_MAX, last = 0;
        void add(const Run& run);
    };

    struct Pieces {
        Range sinks, window;
    };
    /// The key tiles that a query tile sees, a range for each term of the mask.
    struct SeenTiles {
        uint32_t q_tile = UINT32_MAX, terms = 0;
        uint32_t begin[kRanges] = {}, end[kRanges] = {};
    };

    bool meets(uint32_t stack, uint32_t q_tile, uint32_t k_tile) const;
    uint32_t next_visible(uint32_t stack, uint32_t q_tile, uint32_t from) const;
    uint32_t next_of_run(const Run& run, uint32_t from) const;
    const SeenTiles& seen_tiles(uint32_t q_tile) const;
    uint32_t next_in(const Range& rows, uint32_t from) const;
    uint32_t visible_rows(const Run& run, Range* rows) const;
    bool flagged(uint32_t stack, uint32_t q_tile, uint32_t k_tile) const;
    bool local_holds(const Positions& q, const Positions& k) const;
    bool sees_nothing(uint32_t stack, uint32_t q_tile) const;

    uint32_t document_of(uint32_t row) const;
    uint32_t document_end(uint32_t document) const;
    Run cut_at_document(Run run) const;
    Run cut_at_gap(Run run) const;
    uint32_t summaries_before(uint32_t row) const;
    uint32_t summaries_to(uint32_t position) const;
    uint32_t gathered_keys(const Run& run) const;

    uint32_t row_causal_next(uint32_t q_tile, uint32_t from) const;
    uint32_t row_causal_query_rows(uint32_t q_tile) const;
    Run row_causal_query_run(uint32_t q_tile, uint32_t at) const;
    uint32_t row_causal_key_rows(uint32_t k_tile) const;
    Run row_causal_key_run(uint32_t k_tile, uint32_t at) const;
    Pieces strided_keys(uint32_t tile) const;
    uint32_t strided_key_rows(uint32_t tile) const;
    Run strided_key_run(uint32_t tile, uint32_t at) const;

    const AttentionJob* job_;
    bool strided_;
    bool one_run_;  ///< a query tile is one run, and no key tile is gathered or flagged
    uint32_t m_;
    uint32_t key_m_;    ///< keys of a tile: M, or M - 1 and the sentinel
    uint32_t query_m_;  ///< rows of a query tile: M, but of a strided job
    uint32_t stack_heads_;
    uint32_t query_tiles_, linear_tiles_, gathered_tiles_, key_tiles_;
    uint32_t token_tiles_ = 0;  ///< of a row-causal job
    uint32_t summaries_ = 0;
    spec::Mask mask_;            ///< of the job; of packed documents in positions of their own
    mutable SeenTiles seen_[2];  ///< of the query tiles asked for last: two, as of `paired`
};

}  // namespace tessera::fw
