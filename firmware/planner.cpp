// SPDX-License-Identifier: MIT
#include "firmware/planner.h"

#include "spec/params.h"

namespace tessera::fw {
namespace {

constexpr uint32_t tiles(uint32_t tokens, uint32_t m) {
    return tokens / m + (tokens % m != 0 ? 1 : 0);
}

/// Smallest integer not below a / m.
constexpr int32_t ceil_div(int32_t a, int32_t m) { return a / m + (a % m > 0 ? 1 : 0); }

constexpr int64_t clamp(int64_t x, int64_t low, int64_t high) {
    return x < low ? low : x > high ? high : x;
}

/// Sum of clamp(i + start, 1, top) over 0 <= i < count.
constexpr uint64_t ramp_sum(int64_t count, int64_t start, int64_t top) {
    const int64_t low_end = clamp(2 - start, 0, count);           // up to here every term is 1
    const int64_t high = clamp(top - start, low_end, count);      // from here every term is top
    const int64_t pair = (low_end + start) + (high - 1 + start);  // first and last between
    return static_cast<uint64_t>(low_end + (high - low_end) * pair / 2 + (count - high) * top);
}
static_assert(ramp_sum(4, 1, 4) == 10 && ramp_sum(3, -1, 9) == 3 && ramp_sum(3, 5, 4) == 12);

}  // namespace

Planner::Planner(const AttentionJob& job, uint32_t m)
    : causal_(job.mask == MaskKind::kCausal),
      order_(job.order),
      share_(job.share),
      shares_(job.peers + 1),
      m_(m),
      heads_(job.query_heads),
      group_(job.query_heads / job.kv_heads),
      nq_(job.nq),
      nk_(job.nk),
      offset_(static_cast<int32_t>(job.q_position) - static_cast<int32_t>(job.k_position)),
      query_tiles_(tiles(job.nq, m)),
      all_key_tiles_(tiles(job.nk, m)),
      head_total_(causal_ ? causal_head_total() : uint64_t{query_tiles_} * all_key_tiles_),
      total_(shares_ == 1 ? heads_ * head_total_ : share_total()) {
    if (!mine(at_)) next_query_tile(at_);
}

/// Is this query tile dealt to this share? 32 bits are enough: where they overflow the pattern has
/// a seam, at the same place for all shares.
bool Planner::mine(const Place& at) const {
    const uint32_t turn = (at.query_head * query_tiles_ + at.q_tile) % (2 * shares_);
    return (turn < shares_ ? turn : 2 * shares_ - 1 - turn) == share_;
}

uint64_t Planner::share_total() const {
    uint64_t sum = 0;
    for (Place at; at.query_head < heads_; next_query_tile(at))
        if (mine(at)) sum += key_tiles(at.q_tile);
    return sum;
}

uint32_t Planner::key_tiles(uint32_t q_tile) const {
    if (!causal_) return all_key_tiles_;
    const uint32_t end = q_tile * m_ + tokens(q_tile, nq_);
    const int64_t visible = clamp(int64_t{end} + offset_, 0, nk_);
    const uint32_t count = tiles(static_cast<uint32_t>(visible), m_);
    return count == 0 ? 1 : count;
}

uint32_t Planner::first_query_tile(uint32_t k_tile) const {
    if (!causal_ || k_tile == 0) return 0;
    const int64_t query = int64_t{k_tile} * m_ - offset_;
    return query <= 0 ? 0 : static_cast<uint32_t>(query) / m_;
}

bool Planner::states_travel() const {
    return order_ == LoopOrder::kKeyValueResident && key_tiles(query_tiles_ - 1) > 1 &&
           uint64_t{group_} * query_tiles_ > spec::kBanks;
}

/// Full query tile i sees clamp(i + 1 + ceil(offset / M), 1, T) key tiles; a ragged one is added.
uint64_t Planner::causal_head_total() const {
    const uint32_t full = nq_ / m_;
    const int64_t start = int64_t{1} + ceil_div(offset_, static_cast<int32_t>(m_));
    const uint64_t sum = ramp_sum(full, start, all_key_tiles_);
    return full == query_tiles_ ? sum : sum + key_tiles(full);
}

/// Tokens of a tile of a sequence of `count`.
uint32_t Planner::tokens(uint32_t tile, uint32_t count) const {
    const uint32_t left = count - tile * m_;
    return left < m_ ? left : m_;
}

bool Planner::next(Step& step) {
    if (index_ == total()) return false;
    step.query_head = at_.query_head;
    step.kv_head = at_.query_head / group_;
    step.q_tile = at_.q_tile;
    step.k_tile = at_.k_tile;
    step.q_rows = tokens(at_.q_tile, nq_);
    step.k_rows = tokens(at_.k_tile, nk_);
    step.first = at_.k_tile == 0;
    step.last = at_.k_tile + 1 == key_tiles(at_.q_tile);
    step.new_query =
        index_ == 0 || before_.query_head != at_.query_head || before_.q_tile != at_.q_tile;
    step.new_key =
        index_ == 0 || before_.query_head / group_ != step.kv_head || before_.k_tile != at_.k_tile;
    before_ = at_;
    advance(at_);
    ++index_;
    return true;
}

void Planner::skip(uint64_t n) {
    if (n == 0) return;
    const uint64_t left = total() - index_;
    if (left == 0) return;
    index_ += n < left ? n : left;
    before_ = place(index_ - 1);
    at_ = before_;
    advance(at_);
}

/// Place of a step, counted from the start: whole heads (of a group), then whole rows of tiles.
Planner::Place Planner::place(uint64_t index) const {
    Place at;
    if (order_ == LoopOrder::kQueryResident) {
        if (shares_ == 1)
            for (; index >= head_total_; index -= head_total_) ++at.query_head;
        if (!mine(at)) next_query_tile(at);
        for (; index >= key_tiles(at.q_tile); next_query_tile(at)) index -= key_tiles(at.q_tile);
        at.k_tile = static_cast<uint32_t>(index);
        return at;
    }
    for (; index >= group_ * head_total_; index -= group_ * head_total_) at.query_head += group_;
    uint32_t row = query_tiles_;
    for (; index >= uint64_t{group_} * row; row = query_tiles_ - first_query_tile(at.k_tile)) {
        index -= uint64_t{group_} * row;
        ++at.k_tile;
    }
    for (; index >= row; index -= row) ++at.query_head;
    at.q_tile = first_query_tile(at.k_tile) + static_cast<uint32_t>(index);
    return at;
}

void Planner::advance(Place& at) const {
    if (order_ == LoopOrder::kQueryResident)
        advance_query_resident(at);
    else
        advance_key_value_resident(at);
}

void Planner::advance_query_resident(Place& at) const {
    if (++at.k_tile < key_tiles(at.q_tile)) return;
    at.k_tile = 0;
    next_query_tile(at);
}

/// The next query tile of this share; past the last head if there is none.
void Planner::next_query_tile(Place& at) const {
    do {
        if (++at.q_tile < query_tiles_) continue;
        at.q_tile = 0;
        ++at.query_head;
    } while (at.query_head < heads_ && !mine(at));
}

void Planner::advance_key_value_resident(Place& at) const {
    if (++at.q_tile < query_tiles_) return;
    at.q_tile = first_query_tile(at.k_tile);
    ++at.query_head;
    if (at.query_head % group_ != 0) return;
    at.query_head -= group_;  // the group again, with the next key tile
    if (++at.k_tile < key_tiles(query_tiles_ - 1)) {
        at.q_tile = first_query_tile(at.k_tile);
        return;
    }
    at.query_head += group_;
    at.k_tile = 0;
    at.q_tile = 0;
}

}  // namespace tessera::fw
