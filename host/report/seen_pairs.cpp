// SPDX-License-Identifier: MIT
#include "host/report/seen_pairs.h"

#include <fmt/format.h>

#include "host/model/head_settings.h"
#include "host/report/summary.h"
#include "host/text.h"

namespace tessera::host {
namespace {

double share_of(uint64_t seen, uint64_t pairs) {
    return static_cast<double>(seen) / static_cast<double>(pairs);
}

const AttentionLayer* attention_of(const Model& model, const LayerCost& cost) {
    return std::get_if<AttentionLayer>(&model.graph(cost.graph).layer(cost.layer).kind);
}

void add_graph(const std::string& graph, uint64_t pairs, uint64_t seen, ModelReport& report) {
    report.results.push_back(
        {graph + "_pairs", value_of(pairs), "pair",
         "sum over attention layers, heads, queries and runs of the keys that the description lets "
         "a query see"});
    report.results.push_back(
        {graph + "_pairs_seen", value_of(seen), "pair",
         "the same of the keys that are seen, by terms of a mask, a stride or an "
         "approximation"});
    const double share = share_of(seen, pairs);
    report.results.push_back({graph + "_share_seen", value_of(share), "1",
                              fmt::format("{0}_pairs_seen / {0}_pairs", graph)});
    if (seen == pairs) return;
    report.lines.push_back({"seen by " + graph, percent(share),
                            fmt::format("{} of {}", with_commas(seen), plural(pairs, "pair")),
                            fmt::format("results.{}_share_seen", graph)});
}

}  // namespace

void add_seen_pairs(const Model& model, ModelReport& report) {
    Table table{"seen_pairs",
                {{"graph"},
                 {"layer"},
                 {"sees"},
                 {"pairs", "pair"},
                 {"seen", "pair"},
                 {"share", "1"},
                 {"calls", "call"},
                 {"cycles", "cycle"}},
                {}};
    for (const auto& [name, graph] : model.graphs) {
        uint64_t pairs = 0, seen = 0;
        for (const LayerCost& cost : report.record->layers) {
            const AttentionLayer* layer = cost.graph == name ? attention_of(model, cost) : nullptr;
            if (layer == nullptr || cost.pairs == 0) continue;
            pairs += cost.pairs;
            seen += cost.pairs_seen;
            table.rows.push_back({cost.graph, cost.layer, heads_text(*layer), value_of(cost.pairs),
                                  value_of(cost.pairs_seen),
                                  value_of(share_of(cost.pairs_seen, cost.pairs)),
                                  value_of(cost.cost.calls), value_of(cost.cost.cycles)});
        }
        if (pairs != 0) add_graph(name, pairs, seen, report);
    }
    report.details.push_back(std::move(table));
}

}  // namespace tessera::host
