// SPDX-License-Identifier: MIT
#include "host/predict/visited_keys.h"

#include <algorithm>

namespace tessera::host {

VisitedKeys::VisitedKeys(const Problem& problem, const spec::DeviceParams& params)
    : problem_(problem),
      params_(params),
      stack_heads_(problem.stacked ? problem.group() : 1),
      tile_keys_(problem.tile_keys(params.m)) {}

void VisitedKeys::begin(uint32_t stack, uint32_t q_tile) {
    stack_ = stack;
    first_row_ = q_tile * params_.m;
    rows_ = std::min(params_.m, stack_heads_ * problem_.nq - first_row_);
    // A sentinel is a key whose position is not known.
    whole_ = !params_.key_ranges || problem_.sentinel.given() || !queries_known();
    if (whole_) return;
    seen_.assign(groups(), {});
    bool none = true;
    for (uint32_t g = 0; g < groups(); ++g) {
        for (uint32_t i = 0; i < rows(g); ++i)
            add_row(first_row_ + g * params_.group_rows() + i, seen_[g]);
        join(seen_[g]);
        none = none && seen_[g].empty();
    }
    whole_ = none;  // firmware hides all keys by tile rows
}

uint32_t VisitedKeys::rows(uint32_t group) const {
    return std::min(params_.group_rows(), rows_ - group * params_.group_rows());
}

uint32_t VisitedKeys::keys(uint32_t group, const QueryTileCalls& calls, size_t call) const {
    const size_t gathered = calls.keys.size() - calls.k_tiles.size();
    const uint32_t all = calls.keys[call];
    return call < gathered ? all : keys_of_tile(group, calls.k_tiles[call - gathered], all);
}

uint32_t VisitedKeys::groups(const QueryTileCalls& calls, size_t call) const {
    const size_t gathered = calls.keys.size() - calls.k_tiles.size();
    const bool begins = call == 0 && !problem_.sink_logits;
    uint32_t n = groups();
    if (begins || params_.profile != spec::Profile::kStateful || call < gathered) return n;
    while (n > 1 && seen_of_tile(n - 1, calls.k_tiles[call - gathered], calls.keys[call]) == 0) --n;
    return n;
}

uint32_t VisitedKeys::keys_of_tile(uint32_t group, uint32_t k_tile, uint32_t keys) const {
    return std::max(1u, seen_of_tile(group, k_tile, keys));
}

/// From the first to the last that the group sees.
uint32_t VisitedKeys::seen_of_tile(uint32_t group, uint32_t k_tile, uint32_t keys) const {
    if (whole_ || !keys_known(k_tile)) return keys;
    const std::vector<KeyRange>& seen = seen_[group];
    const uint32_t begin = k_tile * tile_keys_, end = begin + keys;
    const auto first = std::find_if(seen.begin(), seen.end(),
                                    [&](const KeyRange& range) { return range.end > begin; });
    if (first == seen.end() || first->begin >= end) return 0;
    const auto last = std::find_if(seen.rbegin(), seen.rend(),
                                   [&](const KeyRange& range) { return range.begin < end; });
    return std::min(last->end, end) - std::max(first->begin, begin);
}

/// Are the rows of the query tile one behind the other?
bool VisitedKeys::queries_known() const {
    const uint32_t last = first_row_ + rows_ - 1;
    return first_row_ / problem_.nq == last / problem_.nq &&
           one_document(first_row_ % problem_.nq, rows_);
}

bool VisitedKeys::keys_known(uint32_t k_tile) const {
    const uint32_t first = k_tile * tile_keys_;
    return one_document(first, std::min(tile_keys_, problem_.nk - first));
}

bool VisitedKeys::one_document(uint32_t first, uint32_t rows) const {
    const std::vector<uint32_t>& starts = problem_.mask.documents;
    const auto next = std::upper_bound(starts.begin(), starts.end(), first);
    return next == starts.end() || *next >= first + rows;
}

/// With summaries, of which those of earlier blocks are gathered, no key is hidden but later ones.
void VisitedKeys::add_row(uint32_t row, std::vector<KeyRange>& seen) const {
    std::vector<KeyRange> ranges;
    const uint32_t head = stack_ * stack_heads_ + row / problem_.nq;
    row %= problem_.nq;
    if (problem_.mask.summary != 0) {
        const int64_t past = row + problem_.diagonal() + 1;
        const int64_t end = std::clamp<int64_t>(past, 0, problem_.nk);
        if (end != 0) ranges.push_back({0, static_cast<uint32_t>(end)});
    } else {
        problem_.visible_keys(params_.m, head, row, ranges);
    }
    seen.insert(seen.end(), ranges.begin(), ranges.end());
}

namespace {

uint64_t visited_of_one(const Problem& problem, const spec::DeviceParams& params) {
    const CallList list(problem, params.m);
    VisitedKeys visited(problem, params);
    const uint32_t stacks = list.uniform() ? 1 : list.stacks();
    uint64_t pairs = 0;
    for (uint32_t stack = 0; stack < stacks; ++stack)
        for (uint32_t t = 0; t < list.query_tiles(); ++t) {
            const QueryTileCalls calls = list.calls(stack, t);
            visited.begin(stack, t);
            for (size_t call = 0; call < calls.keys.size(); ++call)
                for (uint32_t g = 0; g < visited.groups(calls, call); ++g)
                    pairs += uint64_t{visited.rows(g)} * visited.keys(g, calls, call);
        }
    return pairs * (list.stacks() / stacks);
}

}  // namespace

uint64_t visited_pairs(const Problem& problem, const spec::DeviceParams& params) {
    if (problem.cover || !params.key_ranges) return work_formula(problem, params.m).pairs_issued;
    uint64_t pairs = 0;
    for (const Problem& sequence : problem.sequences()) pairs += visited_of_one(sequence, params);
    return pairs;
}

}  // namespace tessera::host
