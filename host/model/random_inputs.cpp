// SPDX-License-Identifier: MIT
#include "host/model/random_inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "host/error.h"

namespace tessera::host {
namespace {

using Random = std::mt19937_64;

constexpr uint64_t kMostRandomRows = uint64_t{1} << 24;

/// How many rows the tables have that `input` chooses from.
uint32_t table_rows(const ModelGraph& graph, const std::string& input,
                    const ModelWeights& weights) {
    uint32_t rows = 1u << 24;  // fp32 has every smaller whole number
    for (const ModelLayer& layer : graph.layers)
        if (const auto* table = std::get_if<EmbeddingLayer>(&layer.kind))
            if (table->input == input)
                rows = std::min(rows, weights.matrix_shape(layer.weights).rows);
    return rows;
}

Value drawn(const ModelInput& input, uint64_t rows, uint32_t table, Random& random) {
    if (input.kind == InputKind::kIndices) {
        std::vector<uint32_t> indices(rows);
        for (uint32_t& index : indices) index = static_cast<uint32_t>(random() % table);
        return indices_of(std::move(indices));
    }
    std::vector<float> numbers(rows * input.columns);
    for (float& x : numbers) x = static_cast<float>(random() >> 40) / (1 << 23) - 1;
    return numbers_of(std::move(numbers), rows, input.columns);
}

bool has_caches(const ModelGraph& graph) {
    return std::any_of(graph.layers.begin(), graph.layers.end(),
                       [](const ModelLayer& layer) { return !values_appended(layer).empty(); });
}

}  // namespace

std::vector<GraphRun> random_runs(const Model& model, const ModelWeights& weights,
                                  const RandomInputs& inputs) {
    Random random(inputs.seed);
    std::vector<GraphRun> runs;
    for (const std::string& name : graphs_in_order(model)) {
        const ModelGraph& graph = model.graph(name);
        uint64_t rows = inputs.rows;
        for (const auto& [input, what] : graph.inputs)
            rows = std::max(rows, least_rows(graph, input));
        if (rows > kMostRandomRows)
            throw UserError(
                fmt::format("graph {}: its convolutions need {} rows of input; allowed: "
                            "at most {}",
                            printable(name), rows, kMostRandomRows));
        const auto add = [&](uint64_t count, uint64_t position) {
            GraphRun run{name, {}, static_cast<uint32_t>(position)};
            for (const auto& [input, what] : graph.inputs)
                run.inputs[input] = drawn(what, count, table_rows(graph, input, weights), random);
            runs.push_back(std::move(run));
        };
        add(rows, 0);
        if (!has_caches(graph)) continue;
        for (uint32_t step = 0; step < inputs.steps; ++step) add(1, rows + step);
    }
    return runs;
}

}  // namespace tessera::host
