// SPDX-License-Identifier: MIT
#include "host/problem/visible_keys.h"

#include <algorithm>
#include <utility>

namespace tessera::host {
namespace {

/// Tokens of each entry of the batch that are no padding, by its lengths or else its offsets.
/// Empty: all of them.
std::vector<TokenRange> real_tokens(const Problem& p, const std::vector<uint32_t>& lengths,
                                    const std::vector<uint32_t>& offsets, uint32_t tokens) {
    if (!offsets.empty()) return std::vector<TokenRange>(p.batch, {0, offsets.back()});
    std::vector<TokenRange> all;
    for (const uint32_t length : lengths) {
        const uint32_t begin = p.padding == Padding::kLeft ? tokens - length : 0;
        all.push_back({begin, begin + length});
    }
    return all;
}

}  // namespace

std::vector<TokenRange> real_queries(const Problem& p) {
    return real_tokens(p, p.query_lengths, p.query_offsets, p.nq);
}

std::vector<TokenRange> real_keys(const Problem& p) {
    return real_tokens(p, p.key_lengths, p.key_offsets, p.nk);
}

VisibleKeys::VisibleKeys(const Problem& p, uint32_t m)
    : m_(m), heads_(p.query_heads / (p.ragged() ? p.batch : 1)), offsets_(p.query_offsets) {
    Problem one = p;
    for (auto* list : {&one.query_lengths, &one.key_lengths, &one.query_offsets, &one.key_offsets})
        list->clear();
    const TokenRange all_queries{0, p.nq}, all_keys{0, p.nk};
    if (!p.ragged()) add(one, all_queries, all_keys);
    for (size_t s = 0; s + 1 < offsets_.size(); ++s)
        add(one, {offsets_[s], offsets_[s + 1]}, {p.key_offsets[s], p.key_offsets[s + 1]});
    if (!p.ragged() || p.packed()) return;
    const std::vector<TokenRange> queries = real_queries(p), keys = real_keys(p);
    for (uint32_t entry = 0; entry < p.batch; ++entry)
        add(one, queries.empty() ? all_queries : queries[entry],
            keys.empty() ? all_keys : keys[entry]);
}

void VisibleKeys::operator()(uint32_t head, uint32_t row, std::vector<KeyRange>& ranges) const {
    ranges.clear();
    if (!is_query(head, row)) return;
    const Alone& s = alone_[sequence_of(head, row)];
    if (s.problem.nk == 0) return;
    s.problem.visible_keys(m_, head % heads_, row - s.queries.begin, ranges);
    for (KeyRange& range : ranges) {
        range.begin += s.first_key;
        range.end += s.first_key;
    }
}

bool VisibleKeys::is_query(uint32_t head, uint32_t row) const {
    const size_t sequence = sequence_of(head, row);
    if (sequence >= alone_.size()) return false;  // behind the last one
    const TokenRange& queries = alone_[sequence].queries;
    return row >= queries.begin && row < queries.end;
}

void VisibleKeys::add(Problem alone, const TokenRange& queries, const TokenRange& keys) {
    alone.nq = queries.end - queries.begin;
    alone.nk = keys.end - keys.begin;
    alone_.push_back({std::move(alone), queries, keys.begin});
}

size_t VisibleKeys::sequence_of(uint32_t head, uint32_t row) const {
    if (offsets_.empty()) return head / heads_;
    const auto next = std::upper_bound(offsets_.begin(), offsets_.end(), row);
    return static_cast<size_t>(next - offsets_.begin()) - 1;
}

}  // namespace tessera::host
