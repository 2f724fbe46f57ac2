// SPDX-License-Identifier: MIT
// The steps of an attention: a job for each set of heads with the same settings, and behind one
// that is approximate its audit.
#include <fmt/format.h>

#include <algorithm>

#include "host/model/graph_planner.h"
#include "host/model/head_keys.h"
#include "host/model/head_sets.h"
#include "host/operation/approximate.h"
#include "host/operation/audit_operation.h"
#include "spec/integers.h"

namespace tessera::host {

uint64_t pairs_allowed(const Problem& p, uint32_t m) {
    if (p.ragged()) {
        uint64_t pairs = 0;
        for (const Problem& sequence : p.sequences()) pairs += pairs_allowed(sequence, m);
        return pairs;
    }
    if (!p.mask.positional() && !p.mask.tiles.given()) return uint64_t{p.query_heads} * p.nq * p.nk;
    const uint32_t heads = p.mask.tiles.given() ? p.query_heads : 1;  // others are alike
    uint64_t pairs = 0;
    std::vector<KeyRange> ranges;
    for (uint32_t head = 0; head < heads; ++head)
        for (uint32_t row = 0; row < p.nq; ++row) {
            p.visible_keys(m, head, row, ranges);
            for (const KeyRange& range : ranges) pairs += range.end - range.begin;
        }
    return p.query_heads / heads * pairs;
}

namespace {

/// Of a cache with fewer rows than there are to be tiles all are seen.
Approximation that_fits(Approximation approximation, const Problem& p, uint32_t m) {
    const uint32_t all = std::max(least_tiles(approximation.rule), spec::divide_up(p.nk, m));
    approximation.tiles = std::min(approximation.tiles, all);
    return approximation;
}

/// What the heads of a set compute.
Problem problem_of(const Problem& whole, const HeadSet& set, uint32_t m) {
    Problem p = whole;
    p.query_heads = set.count;
    p.kv_heads = whole.group() == 1 ? set.count : 1;
    if (set.count == whole.query_heads) p.kv_heads = whole.kv_heads;
    p.leading = {p.query_heads};
    const SeenKeys& seen = set.settings.seen;
    p.nk = spec::divide_up(whole.nk, seen.stride);
    // A single row, which has no later keys, is done without a causal mask where that is possible.
    p.mask = seen.mask(whole.mask.causal || seen.prefix != 0 || seen.summary != 0);
    p.mask.sinks = std::min(seen.sinks, p.nk);  // a cache may have fewer rows yet
    p.mask.prefix = std::min(seen.prefix, p.nk);
    p.schedule = set.settings.schedule;
    if (p.nq != p.nk) return p;
    p.cover = set.settings.cover;
    if (set.settings.approximation) p.approximation = that_fits(*set.settings.approximation, p, m);
    return p;
}

/// Which part of the layer's tensors that is.
AttentionView view_of(const Problem& whole, const HeadSet& set) {
    const uint32_t sharing = whole.group();
    AttentionView view;
    view.queries = {whole.query_heads, set.first, set.step};
    view.keys = {whole.kv_heads, set.first / sharing, sharing == 1 ? set.step : 1};
    view.key_rows = whole.pages ? whole.pages->tensor_rows : whole.nk;
    view.key_stride = set.settings.seen.stride;
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
    const std::vector<HeadSettings> heads =
        layer.heads.empty() ? std::vector<HeadSettings>(whole.query_heads, layer.described())
                            : layer.heads;
    const std::vector<HeadSet> sets = head_sets(heads, whole.group());
    for (const HeadSet& set : sets) {
        const Problem p = problem_of(whole, set, m);
        about_heads(fmt::format("layer {}, heads {}", shown(), set.text()), [&] {
            check_problem(p, machine_.platform, "the device");
            if (p.approximation) check_approximation(*p.approximation, approximation_shape(p, m));
        });
        // Parts of the value have names of their own.
        const std::string part = sets.size() == 1 ? "" : "heads." + set.text();
        const AttentionView view = view_of(whole, set);
        const std::string value = part.empty() ? layer.output : layer.output + "." + part;
        Inputs inputs;
        inputs.has_data = with_data();
        if (p.approximation)
            approximate(p, view, part, reads, writes, value);
        else
            add(part,
                std::make_shared<AttentionOperation>(p, std::move(inputs), machine_.platform, view),
                reads, writes, value);
        const Problem all =
            problem_of(whole, {set.first, set.step, set.count, layer.described()}, m);
        LayerStep& step = steps_[steps_.size() - (p.approximation ? 2 : 1)];
        step.heads = steps_.back().heads = set.text();
        step.pairs = pairs_allowed(all, m);
        step.pairs_seen = p.approximation ? 0 : pairs_allowed(p, m);  // that is not known yet
    }
}

void GraphPlanner::approximate(const Problem& p, const AttentionView& view, const std::string& part,
                               const Bindings& reads, const Bindings& writes,
                               const std::string& value) {
    const auto operation = std::make_shared<ApproximateOperation>(p, machine_.platform, view);
    add(part, operation, reads, writes, value);
    add(part.empty() ? "audit" : part + ".audit", std::make_shared<AuditOperation>(*operation),
        reads, {});
    steps_.back().audits = true;
}

}  // namespace tessera::host
