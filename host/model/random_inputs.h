// SPDX-License-Identifier: MIT
// Inputs for every graph of a model, drawn at random.
#pragma once
#include <cstdint>
#include <vector>

#include "host/model/model_run.h"

namespace tessera::host {

struct RandomInputs {
    uint32_t rows = 4;   ///< of the inputs of a graph, or as many as its convolutions need
    uint32_t steps = 2;  ///< further runs of a graph with caches, each of a single row
    uint64_t seed = 1;
};

/// Runs of all graphs, each behind those whose outputs it reads. Numbers are in [-1, 1), indices
/// are rows of the table that they choose from. UserError for weights without that table.
std::vector<GraphRun> random_runs(const Model& model, const ModelWeights& weights,
                                  const RandomInputs& inputs);

}  // namespace tessera::host
