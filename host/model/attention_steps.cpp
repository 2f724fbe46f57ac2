// SPDX-License-Identifier: MIT
// The steps of an attention: a job for each set of heads that see the same keys.
#include <fmt/format.h>

#include <algorithm>

#include "host/model/graph_planner.h"
#include "host/model/head_sets.h"
#include "host/operation/attention_operation.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

/// Pairs of query and key that a head, or another, sees, all heads together.
uint64_t pairs_allowed(const Problem& p, uint32_t m) {
    if (p.ragged()) {
        uint64_t pairs = 0;
        for (const Problem& sequence : p.sequences()) pairs += pairs_allowed(sequence, m);
        return pairs;
    }
    if (!p.mask.positional()) return uint64_t{p.query_heads} * p.nq * p.nk;
    uint64_t pairs = 0;
    std::vector<KeyRange> ranges;
    for (uint32_t row = 0; row < p.nq; ++row) {
        p.visible_keys(m, 0, row, ranges);
        for (const KeyRange& range : ranges) pairs += range.end - range.begin;
    }
    return p.query_heads * pairs;
}

/// What the heads of a set compute.
Problem problem_of(const Problem& whole, const HeadSet& set) {
    Problem p = whole;
    p.query_heads = set.count;
    p.kv_heads = whole.group() == 1 ? set.count : 1;
    if (set.count == whole.query_heads) p.kv_heads = whole.kv_heads;
    p.leading = {p.query_heads};
    p.nk = spec::divide_up(whole.nk, set.seen.stride);
    p.mask.window = set.seen.window;
    p.mask.sinks = std::min(set.seen.sinks, p.nk);  // a cache may have fewer rows yet
    return p;
}

/// Which part of the layer's tensors that is.
AttentionView view_of(const Problem& whole, const HeadSet& set) {
    const uint32_t sharing = whole.group();
    AttentionView view;
    view.queries = {whole.query_heads, set.first, set.step};
    view.keys = {whole.kv_heads, set.first / sharing, sharing == 1 ? set.step : 1};
    view.key_rows = whole.pages ? whole.pages->tensor_rows : whole.nk;
    view.key_stride = set.seen.stride;
    return view;
}

}  // namespace

void GraphPlanner::attend(const AttentionLayer& layer, const Problem& whole,
                          const Operands& operands) {
    const MemoryMap::Bindings reads = {{"q", operands.q.buffer},
                                       {"k", operands.k.buffer},
                                       {"v", operands.v.buffer}},
                              writes = {{"o", operands.o.buffer}};
    const uint32_t m = machine_.platform.params.m;
    const SeenKeys described{layer.window, 0, 1};
    const std::vector<SeenKeys> heads =
        layer.heads.empty() ? std::vector<SeenKeys>(whole.query_heads, described) : layer.heads;
    const std::vector<HeadSet> sets = head_sets(heads, whole.group());
    for (const HeadSet& set : sets) {
        const Problem p = problem_of(whole, set);
        check_problem(p, machine_.platform, "the device");
        Inputs inputs;
        inputs.has_data = with_data();
        // Parts of the value have names of their own.
        const std::string part = sets.size() == 1 ? "" : "heads." + set.text();
        add(part,
            std::make_shared<AttentionOperation>(p, std::move(inputs), machine_.platform,
                                                 view_of(whole, set)),
            reads, writes, part.empty() ? layer.output : layer.output + "." + part);
        const Problem all = problem_of(whole, {set.first, set.step, set.count, described});
        steps_.back().pairs = pairs_allowed(all, m);
        steps_.back().pairs_seen = pairs_allowed(p, m);
    }
}

}  // namespace tessera::host
