// SPDX-License-Identifier: MIT
#include "firmware/plan/tile_map.h"

#include "firmware/plan/schedule.h"
#include "firmware/plan/tiles.h"

namespace tessera::fw {
namespace {

constexpr uint32_t min(uint32_t a, uint32_t b) { return a < b ? a : b; }

constexpr int64_t clamp(int64_t x, int64_t low, int64_t high) {
    return x < low ? low : x > high ? high : x;
}

}  // namespace

bool terms_planned(uint32_t flags) {
    constexpr uint32_t kSparse = spec::kMaskCausal | spec::kMaskBlock | spec::kMaskSummary;
    constexpr uint32_t kAnyOf = spec::kMaskCausal | spec::kMaskWindow | spec::kMaskSink |
                                spec::kMaskBlock | spec::kMaskPrefix;
    return flags == kSparse || (flags & ~kAnyOf) == 0;
}

uint32_t document_stride(const AttentionJob& job) {
    uint32_t longest = 1;
    for (uint32_t i = 0; i < job.document_count; ++i) {
        const uint32_t end = i + 1 < job.document_count ? job.documents[i + 1] : job.nk;
        if (end - job.documents[i] > longest) longest = end - job.documents[i];
    }
    uint32_t stride = 1;
    while (stride < longest) stride *= 2;
    return stride;
}

uint32_t PageTable::run(uint32_t r, uint32_t most) const {
    if (!given()) return most;
    const uint32_t* page = pages + (first + r) / rows;
    uint32_t run = rows - (first + r) % rows;
    for (; run < most && page[1] == page[0] + 1; ++page) run += rows;
    return min(run, most);
}

void TileMap::Positions::add(const Run& run) {
    const uint32_t end = run.position + run.rows - 1;
    if (run.position < first) first = run.position;
    if (end > last) last = end;
}

TileMap::TileMap(const AttentionJob& job, uint32_t m)
    : job_(&job),
      strided_(schedule_type(job.schedule).strided),
      one_run_(!job.stacked && !job.query_list.given() && job.documents == nullptr &&
               job.tile_flags == nullptr && (job.mask.flags & spec::kMaskSummary) == 0),
      m_(m),
      key_m_(keys_of_tile(job, m)),
      query_m_(strided_ ? static_cast<uint32_t>(strided_rows(job, m)) : m),
      stack_heads_(job.stacked ? job.query_heads / job.kv_heads : 1),
      query_tiles_(tiles_of(stack_heads_ * job.nq, query_m_)),
      linear_tiles_(strided_ ? query_tiles_ : tiles_of(job.nk, key_m_)),
      gathered_tiles_(0),
      key_tiles_(linear_tiles_),
      mask_(job.mask) {
    if (job.documents != nullptr) {
        mask_.flags |= spec::kMaskBlock;
        mask_.block = document_stride(job);
    }
    if (job.row_causal) {
        token_tiles_ = linear_tiles_;
        query_tiles_ = key_tiles_ = 2 * token_tiles_ - 1;
    }
    if ((mask_.flags & spec::kMaskSummary) != 0) {
        summaries_ = summaries_before(job.nk);
        gathered_tiles_ = tiles_of(summaries_, key_m_);
        key_tiles_ += gathered_tiles_;
    }
}

uint32_t TileMap::next_key_tile(uint32_t stack, uint32_t q_tile, uint32_t from) const {
    if (strided_) return from <= q_tile ? q_tile : key_tiles_;
    if (job_->row_causal) return row_causal_next(q_tile, from);
    const uint32_t next = next_visible(stack, q_tile, from);
    if (next != key_tiles_ || from > gathered_tiles_) return next;
    return next_visible(stack, q_tile, 0) == key_tiles_ ? gathered_tiles_ : key_tiles_;
}

uint32_t TileMap::next_query_tile(uint32_t stack, uint32_t k_tile, uint32_t from) const {
    while (from < query_tiles_ && !meets(stack, from, k_tile)) ++from;
    return from;
}

bool TileMap::meets(uint32_t stack, uint32_t q_tile, uint32_t k_tile) const {
    if (strided_) return k_tile == q_tile;
    if (job_->row_causal) return row_causal_next(q_tile, k_tile) == k_tile;
    for (uint32_t at = 0; at < query_rows(q_tile);) {
        const Run run = query_run(q_tile, at);
        if (next_of_run(run, k_tile) == k_tile) {
            if (flagged(stack, q_tile, k_tile)) return true;
            break;
        }
        at += run.rows;
    }
    return k_tile == gathered_tiles_ && sees_nothing(stack, q_tile);
}

bool TileMap::sees_nothing(uint32_t stack, uint32_t q_tile) const {
    if (!strided_) return next_visible(stack, q_tile, 0) == key_tiles_;
    Range seen[kRanges];
    const uint32_t terms = visible_rows(query_run(q_tile, 0), seen);
    uint32_t rows = 0;
    for (uint32_t i = 0; i < terms; ++i) rows += seen[i].length();
    return rows == 0;
}

/// As next_key_tile, but none for a query tile that may see no key.
uint32_t TileMap::next_visible(uint32_t stack, uint32_t q_tile, uint32_t from) const {
    if (one_run_) {
        const SeenTiles& seen = seen_tiles(q_tile);
        uint32_t next = key_tiles_;
        for (uint32_t i = 0; i < seen.terms; ++i) {
            const uint32_t begin = from > seen.begin[i] ? from : seen.begin[i];
            if (begin < seen.end[i]) next = min(next, begin);
        }
        return next;
    }
    for (;; ++from) {
        uint32_t next = key_tiles_;
        const uint32_t rows = query_rows(q_tile);
        for (uint32_t at = 0; at < rows;) {
            const Run run = query_run(q_tile, at);
            next = min(next, next_of_run(run, from));
            at += run.rows;
        }
        if (next == key_tiles_ || flagged(stack, q_tile, next)) return next;
        from = next;
    }
}

const TileMap::SeenTiles& TileMap::seen_tiles(uint32_t q_tile) const {
    SeenTiles& seen = seen_[q_tile % 2];
    if (seen.q_tile == q_tile) return seen;
    Range rows[kRanges];
    seen.q_tile = q_tile;
    seen.terms = visible_rows(query_run(q_tile, 0), rows);
    for (uint32_t i = 0; i < seen.terms; ++i) {
        seen.begin[i] = static_cast<uint32_t>(rows[i].begin) / key_m_;
        seen.end[i] =
            rows[i].begin < rows[i].end ? tiles_of(static_cast<uint32_t>(rows[i].end), key_m_) : 0;
    }
    return seen;
}

uint32_t TileMap::open_key_tiles(uint32_t q_tile, uint32_t from) const {
    constexpr uint32_t kKnown = spec::kMaskCausal | spec::kMaskWindow | spec::kMaskSink;
    const bool known =
        one_run_ && !strided_ && !job_->row_causal && !sentinel() && (mask_.flags & ~kKnown) == 0;
    if (!known) return 0;
    const Run run = query_run(q_tile, 0);
    const int64_t first = int64_t{run.position} - job_->k_position, last = first + run.rows - 1;
    int64_t end = job_->nk / key_m_;  // of full tiles
    if ((mask_.flags & spec::kMaskCausal) != 0) {
        const int64_t before = first < 0 ? 0 : (first + 1) / key_m_;
        end = before < end ? before : end;
    }
    if ((mask_.flags & spec::kMaskLocal) != 0) {
        // A window that holds the first key of a tile holds those up to the query.
        const bool held = (mask_.flags & spec::kMaskCausal) != 0 &&
                          (mask_.flags & spec::kMaskWindow) != 0 &&
                          last - int64_t{from} * key_m_ < mask_.window;
        if (!held) return 0;
    }
    return end > from ? static_cast<uint32_t>(end - from) : 0;
}

uint32_t TileMap::moving_tiles() const {
    if ((mask_.flags & spec::kMaskWindow) == 0) return key_tiles_;
    return (mask_.flags & spec::kMaskSink) == 0 ? 0 : tiles_of(mask_.sinks, key_m_);
}

uint32_t TileMap::alike_query_tiles(uint32_t q_tile) const {
    constexpr uint32_t kWindow = spec::kMaskCausal | spec::kMaskWindow;
    const bool dense = mask_.flags == 0;
    const bool window = (mask_.flags & ~uint32_t{spec::kMaskSink}) == kWindow &&
                        job_->k_position == 0;  // sinks are counted from position 0
    const bool known = one_run_ && !strided_ && !job_->row_causal && !sentinel();
    if (!known || !(dense || window)) return 0;
    int64_t last = int64_t{job_->nq / query_m_} - 1;  // full query tile
    if (window) {
        const int64_t first_key = int64_t{query_run(q_tile, 0).position} - mask_.window + 1;
        if (first_key < int64_t{moving_tiles()} * key_m_) return 0;
        // The last query of a tile sees keys up to its own.
        const int64_t full_keys = job_->nk / key_m_ * int64_t{key_m_};
        const int64_t fits = (full_keys - job_->q_position) / query_m_ - 1;
        last = fits < last ? fits : last;
    } else if (job_->nk % key_m_ != 0) {
        return 0;
    }
    return last > q_tile ? static_cast<uint32_t>(last - q_tile) : 0;
}

uint32_t TileMap::next_of_run(const Run& run, uint32_t from) const {
    if (gathered_tiles_ != 0 && from < tiles_of(gathered_keys(run), key_m_)) return from;
    Range rows[kRanges];
    const uint32_t terms = visible_rows(run, rows);
    uint32_t next = key_tiles_;
    for (uint32_t i = 0; i < terms; ++i) next = min(next, next_in(rows[i], from));
    return next;
}

/// The first key tile from `from` on that holds one of these rows.
uint32_t TileMap::next_in(const Range& rows, uint32_t from) const {
    if (rows.begin >= rows.end) return key_tiles_;
    const uint32_t begin = gathered_tiles_ + static_cast<uint32_t>(rows.begin) / key_m_;
    const uint32_t end = gathered_tiles_ + tiles_of(static_cast<uint32_t>(rows.end), key_m_);
    const uint32_t next = from > begin ? from : begin;
    return next < end ? next : key_tiles_;
}

/// Key rows that some query of the run sees, a range for each term of the mask; with kMaskSummary
/// those that are not gathered.
uint32_t TileMap::visible_rows(const Run& run, Range* rows) const {
    const bool causal = (mask_.flags & spec::kMaskCausal) != 0;
    if (job_->documents != nullptr) {
        const uint32_t document = document_of(run.row);
        rows[0] = {job_->documents[document], causal ? run.row + run.rows : document_end(document)};
        return 1;
    }
    const int64_t nk = job_->nk, origin = job_->k_position;
    const int64_t first = run.position - origin, last = first + run.rows - 1;
    const int64_t end = causal ? clamp(last + 1, 0, nk) : nk;
    uint32_t terms = 0;
    if ((mask_.flags & spec::kMaskPrefix) != 0)
        rows[terms++] = {0, clamp(mask_.prefix - origin, 0, nk)};
    if ((mask_.flags & spec::kMaskLocal) == 0) {
        rows[terms++] = {0, end};
        return terms;
    }
    const auto add = [&](int64_t low, int64_t high) {
        rows[terms++] = {clamp(low, 0, end), clamp(high, 0, end)};
    };
    if ((mask_.flags & spec::kMaskWindow) != 0) add(first - mask_.window + 1, last + mask_.window);
    if ((mask_.flags & spec::kMaskSink) != 0) add(0, mask_.sinks - origin);
    if ((mask_.flags & spec::kMaskBlock) != 0) {
        const uint32_t in_block = mask_.block - 1;
        add((run.position & ~in_block) - origin,
            int64_t{(run.position + run.rows - 1) | in_block} + 1 - origin);
    }
    return terms;
}

bool TileMap::flagged(uint32_t stack, uint32_t q_tile, uint32_t k_tile) const {
    if (job_->tile_flags == nullptr) return true;
    return job_->tile_flags[stack * job_->tile_flags_stride + uint64_t{q_tile} * linear_tiles_ +
                            k_tile] != 0;
}

spec::Mask TileMap::mask(uint32_t stack, uint32_t q_tile, uint32_t k_tile) const {
    spec::Mask mask;
    if (gathered(k_tile)) return mask;  // all of earlier blocks: every query sees them
    if (job_->row_causal) return mask_;
    if ((strided_ || k_tile == gathered_tiles_) && sees_nothing(stack, q_tile)) {
        mask.flags = spec::kMaskDiagOff;
        mask.diag_group = m_;
        return mask;
    }
    Positions q, k;
    for (uint32_t at = 0; at < query_rows(q_tile);) {
        const Run run = query_run(q_tile, at);
        q.add(run);
        at += run.rows;
    }
    for (uint32_t at = 0; at < key_rows(k_tile);) {
        const Run run = key_run(k_tile, at);
        k.add(run);
        at += run.rows;
    }
    // All keys of the tile in the prefix, or none: there is no such term to check.
    if ((mask_.flags & spec::kMaskPrefix) != 0 && k.last < mask_.prefix) return mask;
    mask = mask_;
    if (k.first >= mask_.prefix) {
        mask.flags &= ~spec::kMaskPrefix;
        mask.prefix = 0;
    }
    if (k.last <= q.first) mask.flags &= ~spec::kMaskCausal;
    if (!local_holds(q, k)) return mask;
    spec::Mask causal;
    if ((mask.flags & spec::kMaskCausal) == 0) return causal;
    causal.flags = mask.flags & (spec::kMaskCausal | spec::kMaskPrefix);
    causal.prefix = mask.prefix;
    return causal;
}

/// Does one local term hold for every pair of these positions, or is there none?
bool TileMap::local_holds(const Positions& q, const Positions& k) const {
    if ((mask_.flags & spec::kMaskLocal) == 0) return true;
    const auto given = [&](uint32_t flag) { return (mask_.flags & flag) != 0; };
    const int64_t reach = int64_t{q.last} - k.first, ahead = int64_t{k.last} - q.first;
    if (given(spec::kMaskWindow) && reach < mask_.window &&
        (given(spec::kMaskCausal) || ahead < mask_.window))
        return true;
    if (given(spec::kMaskSink) && k.last < mask_.sinks) return true;
    const uint32_t differ = (q.first ^ q.last) | (q.first ^ k.first) | (q.first ^ k.last);
    return given(spec::kMaskBlock) && (differ & ~(mask_.block - 1)) == 0;
}

uint32_t TileMap::query_rows(uint32_t q_tile) const {
    if (job_->row_causal) return row_causal_query_rows(q_tile);
    return min(query_m_, stack_heads_ * job_->nq - q_tile * query_m_);
}

Run TileMap::query_run(uint32_t q_tile, uint32_t at) const {
    if (job_->row_causal) return row_causal_query_run(q_tile, at);
    const uint32_t row = q_tile * query_m_ + at;
    Run run;
    run.head = stack_heads_ == 1 ? 0 : row / job_->nq;
    run.row = row - run.head * job_->nq;
    run.rows = min(query_rows(q_tile) - at, job_->nq - run.row);
    run.position = job_->q_position + run.row;
    return job_->query_list.given() ? cut_at_gap(run) : cut_at_document(run);
}

/// Queries picked by a list: a run ends where a row is left out.
Run TileMap::cut_at_gap(Run run) const {
    const uint32_t* rows = job_->query_list.rows + run.row;
    run.position = rows[0];
    for (uint32_t i = 1; i < run.rows; ++i)
        if (rows[i] != rows[0] + i) run.rows = i;
    return run;
}

uint32_t TileMap::key_rows(uint32_t k_tile) const {
    if (strided_) return strided_key_rows(k_tile);
    if (job_->row_causal) return row_causal_key_rows(k_tile);
    if (gathered(k_tile)) return min(key_m_, summaries_ - k_tile * key_m_);
    return min(key_m_, job_->nk - (k_tile - gathered_tiles_) * key_m_);
}

uint32_t TileMap::keys(uint32_t q_tile, uint32_t k_tile) const {
    if (!gathered(k_tile)) return key_rows(k_tile);
    return min(key_m_, gathered_keys(query_run(q_tile, 0)) - k_tile * key_m_);
}

Run TileMap::key_run(uint32_t k_tile, uint32_t at) const {
    if (strided_) return strided_key_run(k_tile, at);
    if (job_->row_causal) return row_causal_key_run(k_tile, at);
    Run run;
    run.row = (k_tile - gathered_tiles_) * key_m_ + at;
    run.rows = key_rows(k_tile) - at;
    run.position = job_->k_position + run.row;
    return cut_at_document(run);
}

/// The last document that begins at `row` or before.
uint32_t TileMap::document_of(uint32_t row) const {
    uint32_t low = 0, high = job_->document_count;
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        if (job_->documents[middle] <= row)
            low = middle;
        else
            high = middle;
    }
    return low;
}

uint32_t TileMap::document_end(uint32_t document) const {
    return document + 1 < job_->document_count ? job_->documents[document + 1] : job_->nk;
}

/// Packed documents: each has a block of positions of its own, so that a run ends with its
/// document. Blocks may be used again by documents too far apart to meet in a tile pair.
Run TileMap::cut_at_document(Run run) const {
    if (job_->documents == nullptr) return run;
    const uint32_t document = document_of(run.row);
    const uint32_t stride = mask_.block;
    run.rows = min(run.rows, document_end(document) - run.row);
    run.position =
        document % (spec::kPositionLimit / stride) * stride + run.row - job_->documents[document];
    return run;
}

/// Summary tokens at positions below `position`.
uint32_t TileMap::summaries_to(uint32_t position) const {
    const uint32_t before = mask_.block - mask_.summary;  // tokens of a block that are none
    const uint32_t rest = position % mask_.block;
    return position / mask_.block * mask_.summary + (rest > before ? rest - before : 0);
}

uint32_t TileMap::summaries_before(uint32_t row) const {
    return summaries_to(job_->k_position + row) - summaries_to(job_->k_position);
}

uint32_t TileMap::summary_row(uint32_t n) const {
    const uint32_t number = summaries_to(job_->k_position) + n;
    const uint32_t position =
        number / mask_.summary * mask_.block + mask_.block - mask_.summary + number % mask_.summary;
    return position - job_->k_position;
}

/// Summary tokens in front of the linear tiles of a run: those begin with the tile that holds the
/// first key of the run's first block, and mask the summary tokens that they hold themselves.
uint32_t TileMap::gathered_keys(const Run& run) const {
    const uint32_t block = run.position & ~(mask_.block - 1);
    if (block <= job_->k_position) return 0;
    const uint32_t row = block - job_->k_position;
    return summaries_before(row < job_->nk ? row / key_m_ * key_m_ : job_->nk);
}

}  // namespace tessera::fw
