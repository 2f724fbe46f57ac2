// SPDX-License-Identifier: MIT
#include "host/model/graph_plan.h"

#include "host/model/graph_planner.h"
#include "host/predict/gemm_form.h"

namespace tessera::host {

const GemmForms::Choice& GemmForms::choose(const Gemm& gemm) {
    static const Choice kByRows;
    if (gemm.m != 1 || gemm.slices) return kByRows;
    const auto [at, added] = choices_.try_emplace({gemm.k, gemm.n});
    if (!added) return at->second;
    const std::vector<GemmCandidate> candidates =
        gemm_candidates(gemm, machine_.precision == Precision::kExact, machine_.platform);
    at->second = {candidates.front().form, choice_text(candidates)};
    return at->second;
}

GraphPlan plan_graph(const ModelGraph& graph, const ModelWeights& weights,
                     const ModelMachine& machine, GemmForms& forms, ModelMemory& memory,
                     const GraphRun& run) {
    return GraphPlanner(graph, weights, machine, forms, memory, run).plan();
}

}  // namespace tessera::host
