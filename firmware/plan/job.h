// SPDX-License-Identifier: MIT
// One attention problem of any length, as the host hands it to firmware.
#pragma once
#include <stdint.h>

#include "firmware/plan/tensor.h"
#include "spec/mask.h"

namespace tessera::fw {

/// In which order tile pairs are issued; the order of key tiles for one query tile is the same. A
/// number in the table of schedules (schedules/table.cpp), in which these two come first.
enum class ScheduleId : uint32_t {
    kQueryResident,     ///< for each query tile: all its key tiles; the state stays in its bank
    kKeyValueResident,  ///< for each key tile: all its query tiles; states travel through memory
};

/// How a device that tells only normalised results (profile `blackbox`) is made to tell their
/// denominators: one more key, the sentinel, of known weight P. The device returns its share u,
/// that w of the real keys, and y, the sum of values; then the real weights sum up to P w / u.
/// Where there are two calls, the first is for the shares: its values are indicators.
enum class SentinelForm : uint32_t {
    kNone,     ///< no sentinel
    kColumns,  ///< one call: two indicator columns behind the values
    kSplit,    ///< two calls: shares, then values; both with the sentinel
    kTwoCalls  ///< Yu & Alman's: share of the real keys, u = 1 - w; then values, without sentinel
};

/// docs/inside/firmware.md, "Sentinel", says what is where.
struct Sentinel {
    SentinelForm form = SentinelForm::kNone;
    /// Queries and keys have an element more: a query's says how high the sentinel is for it, a
    /// key's is 0. Without it the sentinel is the zero key, of score 0 for every query.
    bool query_column = false;
    uint16_t key = 0;   ///< bf16: that element of the sentinel, about 1 / factor
    Tensor rows;        ///< the sentinel itself: a key, its values, its indicators
    Tensor indicators;  ///< of M keys; where there are two calls
    Tensor retry;       ///< M queries to be retried, each with a beat more
};

/// A query tile and a key tile, as TileMap counts them. At first: before all others.
struct TilePair {
    uint32_t stack = 0, q_tile = UINT32_MAX, k_tile = UINT32_MAX;
};

/// Rows of a tensor, picked by their numbers. Valid while the job runs.
struct RowList {
    const uint32_t* rows = nullptr;  ///< nullptr: all rows, in order
    uint32_t limit = 0;              ///< rows that the tensor has
    uint64_t address = 0;            ///< where firmware writes the list for the device (row_list.h)

    bool given() const { return rows != nullptr; }
};

/// Keys and values whose rows lie in pages, in any order, the same of every head: row r is row
/// pages[(first + r) / rows] * rows + (first + r) % rows of the tensors. Positions are of rows as
/// they are counted here. Valid while the job runs.
struct PageTable {
    const uint32_t* pages = nullptr;  ///< nullptr: rows lie one behind the other
    uint32_t rows = 0;                ///< of a page
    uint32_t first = 0;               ///< row 0, counted from the first page

    bool given() const { return pages != nullptr; }
    /// Which row of the tensors row `r` is.
    uint32_t row(uint32_t r) const {
        return given() ? pages[(first + r) / rows] * rows + (first + r) % rows : r;
    }
    /// How many of the `most` rows from `r` on lie one behind the other.
    uint32_t run(uint32_t r, uint32_t most) const;
};

/// O[h] = softmax(scale * Q[h] K[h / group]^T) V[h / group], group = query_heads / kv_heads.
/// Batches are flattened into heads. q, k, v hold bf16.
struct AttentionJob {
    static constexpr uint32_t kKind = 1;  ///< of a request (docs/contract/jobs.md)
    uint32_t query_heads = 0, kv_heads = 0;
    uint32_t nq = 0, nk = 0;    ///< tokens
    uint32_t d_k = 0, d_v = 0;  ///< elements
    uint32_t factor = 0;        ///< fp32 bits of scale * log2(e)
    /// Which keys a query may see, by their positions; terms_planned (tile_map.h) says which terms
    /// go together. Keys that SUMMARY alone allows are gathered.
    spec::Mask mask;
    /// Positions of query 0 and key 0: q0 - k0 is nk - nq for a mask aligned at the end, 0 for one
    /// aligned at the start. Blocks count from position 0: one begins at key 0 if k0 is a multiple
    /// of them.
    uint32_t q_position = 0, k_position = 0;
    /// Packed documents (valid while the job runs): first rows, ascending, the first 0; a query
    /// sees keys of its own document only. Needs nq = nk, equal positions, and of the mask no more
    /// than CAUSAL.
    const uint32_t* documents = nullptr;
    uint32_t document_count = 0;
    /// Pairs of tiles that may meet at all (valid while the job runs), not 0: [query heads][query
    /// tiles][key tiles], heads `tile_flags_stride` bytes apart (0: the same for all). Of the mask
    /// no more than CAUSAL.
    const uint8_t* tile_flags = nullptr;
    uint64_t tile_flags_stride = 0;
    /// Which rows of q, and of k and v, are meant, the same of every head. nq and nk, tiles and
    /// their flags, rows of o, lse and state are of the list; a position is the row in the tensor:
    /// q_position and k_position are 0. A list of queries ascends, and the mask is no more than
    /// CAUSAL; with a list of keys, in any order, there is no mask. Not with documents, stacked
    /// heads or a sentinel.
    RowList query_list, key_list;
    /// Not with a list of keys, nor with SUMMARY.
    PageTable pages;
    /// For an oracle that is always causal: row i of a query tile sees rows 0 to i of the key tile,
    /// in every call. What lies above that in a pair of tiles takes a call with both tiles
    /// backwards (row_causal_tiles.cpp), so that q, k and v have 2 N rows a head: row N + r is row
    /// N - 1 - r. As many queries as keys, both from position 0 on, one device, query-resident,
    /// CAUSAL alone and nothing of what other jobs have but a sentinel; at least two tokens a tile.
    bool row_causal = false;
    /// The query rows of a group's heads share tiles: worth it where a head has few.
    /// Not with tile flags, and with SUMMARY only for one query a head.
    bool stacked = false;
    ScheduleId schedule = ScheduleId::kQueryResident;
    /// The pairs of tiles of schedule `listed`, in their order (valid while the job runs): each
    /// that meets, as any schedule would have them (schedule.h).
    const TilePair* order = nullptr;
    uint32_t order_count = 0;
    bool bf16_output = false;
    Tensor q, k, v, o;
    /// Running states between two key tiles, rows of one beat + 4 * d_v bytes, a head for each
    /// query head of a group. Only for schedules with more open query tiles than the device has
    /// state banks, and then only if a group has more query tiles (Planner::states_travel).
    /// On a device of profile `stats`, for jobs with more than one key tile or sink logits,
    /// firmware's working rows, of the same size: with one open query tile M of them, else as
    /// above.
    Tensor state;
    /// For SUMMARY: where firmware writes the list of summary rows (summary_list.h).
    uint64_t summary_list = 0;
    /// Profile `stats`, more than one key tile or sink logits: slots of M such rows for partial
    /// results, a head for each of kPartialSlots (partial.h). With a sentinel one slot more, rows
    /// as partial_bytes() says (sentinel.h).
    Tensor partial;
    /// Profile `blackbox`, more than one key tile, want_lse or sink_logits. Keys of a tile are then
    /// M - 1.
    Sentinel sentinel;
    Tensor lse;  ///< rows of one beat {l, m | flags << 16}; only if want_lse
    /// Every row begins with the state of its head's sink, {l, m} of exp(logit) and zeros, instead
    /// of EMPTY: its denominator has exp(logit) more. State rows of each query head, all equal,
    /// min(M, nq) of them; where firmware merges the first row is enough. Not by a cover.
    bool sink_logits = false;
    Tensor sink_state;
    bool want_lse = false;
    /// Devices that work on this problem beside this one, and which share this one takes, 0 to
    /// `peers`. Query tiles, as many together as the schedule has open, are dealt back and forth
    /// (with 2 peers 0 1 2 2 1 0 0 1 ...), so that under a causal mask, where each has more key
    /// tiles than the one before, all take about as long. Not for schedules with any number of open
    /// tiles. Jobs by a cover deal heads (cover_job.h).
    uint32_t peers = 0, share = 0;
};

}  // namespace tessera::fw
