// SPDX-License-Identifier: MIT
#include "host/predict/call_list.h"

#include <algorithm>

#include "host/problem/strided.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

/// Counts, for each item of a sequence (a tile, a key), the ranges that touch it.
class Touched {
  public:
    explicit Touched(uint32_t items) : change_(size_t{items} + 1) {}
    void add(uint32_t first, uint32_t last) {
        ++change_[first];
        --change_[size_t{last} + 1];
    }
    /// Calls visit(item) for every item that was touched.
    template <typename Visit>
    void each(Visit&& visit) const {
        int64_t depth = 0;
        for (uint32_t item = 0; item + 1 < change_.size(); ++item)
            if ((depth += change_[item]) != 0) visit(item);
    }

  private:
    std::vector<int64_t> change_;
};

}  // namespace

CallList::CallList(const Problem& problem, uint32_t m)
    : problem_(problem),
      m_(m),
      key_m_(problem.tile_keys(m)),
      query_m_(problem.strided() ? strided_rows(problem, m) : m),
      stack_heads_(problem.stacked ? problem.group() : 1),
      query_tiles_(spec::divide_up(stack_heads_ * problem.nq, query_m_)) {}

/// Summary tokens in front of this key are gathered: those of blocks before the query's own, up to
/// the key tile in which that block begins.
uint32_t CallList::first_linear_key(uint32_t row) const {
    if (problem_.mask.summary == 0) return 0;
    const int64_t at = row + problem_.diagonal();
    const int64_t own = std::max<int64_t>(block_begin(at, problem_.mask.block), 0);
    return own >= problem_.nk ? problem_.nk : static_cast<uint32_t>(own) / key_m_ * key_m_;
}

/// Strided: one key tile has all keys that some row sees.
QueryTileCalls CallList::strided_call(uint32_t stack, uint32_t q_tile) const {
    QueryTileCalls result;
    result.rows = std::min(query_m_, problem_.nq - q_tile * query_m_);
    std::vector<KeyRange> ranges;
    uint32_t behind = 0, keys = 0;  // rows see later and later keys
    for (uint32_t i = 0; i < result.rows; ++i) {
        problem_.visible_keys(m_, stack, q_tile * query_m_ + i, ranges);
        result.pairs_allowed += key_count(ranges);
        for (const KeyRange& range : ranges) {
            if (range.end <= behind) continue;
            keys += range.end - std::max(range.begin, behind);
            behind = range.end;
        }
    }
    result.keys.push_back(std::max(keys, 1u));  // fully masked: EMPTY rows
    return result;
}

QueryTileCalls CallList::calls(uint32_t stack, uint32_t q_tile) const {
    if (problem_.strided()) return strided_call(stack, q_tile);
    QueryTileCalls result;
    result.rows = std::min(m_, stack_heads_ * problem_.nq - q_tile * m_);
    Touched touched(spec::divide_up(problem_.nk, key_m_));
    const uint32_t linear = first_linear_key(q_tile * m_ % problem_.nq);
    uint64_t gathered = 0;
    std::vector<KeyRange> ranges;
    for (uint32_t i = 0; i < result.rows; ++i) {
        const uint32_t row = q_tile * m_ + i;
        const uint32_t head = stack * stack_heads_ + row / problem_.nq;
        problem_.visible_keys(m_, head, row % problem_.nq, ranges);
        result.pairs_allowed += key_count(ranges);
        for (const KeyRange& range : ranges) {
            if (i == 0 && range.begin < linear)
                gathered += std::min(range.end, linear) - range.begin;
            if (range.end > linear)
                touched.add(std::max(range.begin, linear) / key_m_, (range.end - 1) / key_m_);
        }
    }
    for (; gathered > key_m_; gathered -= key_m_) result.keys.push_back(key_m_);
    if (gathered != 0) result.keys.push_back(static_cast<uint32_t>(gathered));
    const auto tile_keys = [&](uint32_t tile) {
        return std::min(key_m_, problem_.nk - tile * key_m_);
    };
    const auto add = [&](uint32_t tile) {
        result.keys.push_back(tile_keys(tile));
        result.k_tiles.push_back(tile);
    };
    touched.each(add);
    if (result.keys.empty()) add(0);  // fully masked: EMPTY rows
    return result;
}

uint64_t CallList::keys_seen(uint32_t kv_head) const {
    Touched seen(problem_.nk);
    std::vector<KeyRange> ranges;
    const uint32_t first = kv_head * problem_.group();
    // Heads differ only in their tile flags.
    const uint32_t heads = uniform() ? 1 : problem_.group();
    for (uint32_t head = first; head < first + heads; ++head)
        for (uint32_t row = 0; row < problem_.nq; ++row) {
            problem_.visible_keys(m_, head, row, ranges);
            for (const KeyRange& range : ranges) seen.add(range.begin, range.end - 1);
        }
    uint64_t keys = 0;
    seen.each([&](uint32_t) { ++keys; });
    return keys;
}

}  // namespace tessera::host
