// SPDX-License-Identifier: MIT
#include "host/predict/call_list.h"

#include <algorithm>

#include "host/problem/strided.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

/// The items of a sequence (tiles, keys) that ranges touch.
class Touched {
  public:
    struct Range {
        uint32_t first, last;
    };

    void add(uint32_t first, uint32_t last) {
        // Rows one after the other mostly touch the same.
        for (size_t i = ranges_.size(); i-- > 0 && ranges_.size() - i <= kLooks;)
            if (first >= ranges_[i].first && first <= ranges_[i].last + 1) {
                ranges_[i].last = std::max(ranges_[i].last, last);
                return;
            }
        ranges_.push_back({first, last});
    }
    /// Ascending, none touches the next.
    const std::vector<Range>& joined() {
        std::sort(ranges_.begin(), ranges_.end(),
                  [](const Range& a, const Range& b) { return a.first < b.first; });
        size_t kept = 0;
        for (const Range& range : ranges_)
            if (kept != 0 && range.first <= ranges_[kept - 1].last + 1)
                ranges_[kept - 1].last = std::max(ranges_[kept - 1].last, range.last);
            else
                ranges_[kept++] = range;
        ranges_.resize(kept);
        return ranges_;
    }
    /// Items touched.
    uint64_t count() {
        uint64_t items = 0;
        for (const Range& range : joined()) items += uint64_t{range.last} - range.first + 1;
        return items;
    }

  private:
    static constexpr size_t kLooks = 4;  ///< terms of a mask
    std::vector<Range> ranges_;
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

/// What the rows of a query tile see.
struct CallList::Seen {
    uint32_t rows = 0;
    uint64_t gathered = 0;  ///< keys
    uint64_t pairs_allowed = 0;
    Touched tiles;  ///< of keys that are not gathered
};

CallList::Seen CallList::seen_by(uint32_t stack, uint32_t q_tile) const {
    Seen seen;
    seen.rows = std::min(m_, stack_heads_ * problem_.nq - q_tile * m_);
    const uint32_t linear = first_linear_key(q_tile * m_ % problem_.nq);
    std::vector<KeyRange> ranges;
    for (uint32_t i = 0; i < seen.rows; ++i) {
        const uint32_t row = q_tile * m_ + i;
        const uint32_t head = stack * stack_heads_ + row / problem_.nq;
        problem_.visible_keys(m_, head, row % problem_.nq, ranges);
        seen.pairs_allowed += key_count(ranges);
        for (const KeyRange& range : ranges) {
            if (i == 0 && range.begin < linear)
                seen.gathered += std::min(range.end, linear) - range.begin;
            if (range.end > linear)
                seen.tiles.add(std::max(range.begin, linear) / key_m_, (range.end - 1) / key_m_);
        }
    }
    return seen;
}

QueryTileCalls CallList::calls(uint32_t stack, uint32_t q_tile) const {
    if (problem_.strided()) return strided_call(stack, q_tile);
    Seen seen = seen_by(stack, q_tile);
    QueryTileCalls result;
    result.rows = seen.rows;
    result.pairs_allowed = seen.pairs_allowed;
    uint64_t gathered = seen.gathered;
    for (; gathered > key_m_; gathered -= key_m_) result.keys.push_back(key_m_);
    if (gathered != 0) result.keys.push_back(static_cast<uint32_t>(gathered));
    const uint64_t linear = seen.tiles.count();
    result.keys.reserve(result.keys.size() + linear);
    result.k_tiles.reserve(linear);
    const auto add = [&](uint32_t tile) {
        result.keys.push_back(std::min(key_m_, problem_.nk - tile * key_m_));
        result.k_tiles.push_back(tile);
    };
    for (const Touched::Range& range : seen.tiles.joined())
        for (uint32_t tile = range.first; tile <= range.last; ++tile) add(tile);
    if (result.keys.empty()) add(0);  // fully masked: EMPTY rows
    return result;
}

QueryTileWork CallList::work(uint32_t stack, uint32_t q_tile) const {
    if (problem_.strided()) {
        const QueryTileCalls call = strided_call(stack, q_tile);
        return {call.rows, 1, call.keys.front(), call.pairs_allowed};
    }
    Seen seen = seen_by(stack, q_tile);
    QueryTileWork work;
    work.rows = seen.rows;
    work.pairs_allowed = seen.pairs_allowed;
    work.calls = spec::divide_up(seen.gathered, uint64_t{key_m_}) + seen.tiles.count();
    work.keys = seen.gathered;
    const uint64_t nk = problem_.nk;
    for (const Touched::Range& range : seen.tiles.joined())
        work.keys +=
            std::min((uint64_t{range.last} + 1) * key_m_, nk) - uint64_t{range.first} * key_m_;
    if (work.calls == 0) {  // fully masked: EMPTY rows
        work.calls = 1;
        work.keys = std::min<uint64_t>(key_m_, nk);
    }
    return work;
}

uint64_t CallList::keys_seen(uint32_t kv_head) const {
    Touched seen;
    std::vector<KeyRange> ranges;
    const uint32_t first = kv_head * problem_.group();
    // Heads differ only in their tile flags.
    const uint32_t heads = uniform() ? 1 : problem_.group();
    for (uint32_t head = first; head < first + heads; ++head)
        for (uint32_t row = 0; row < problem_.nq; ++row) {
            problem_.visible_keys(m_, head, row, ranges);
            for (const KeyRange& range : ranges) seen.add(range.begin, range.end - 1);
        }
    return seen.count();
}

}  // namespace tessera::host
