// SPDX-License-Identifier: MIT
// What a decoder would cost on a machine, layer by layer, by prediction and from its shapes alone:
// no weights, no simulation. Steps are planned as for a run (graph_plan.h). Those that are alike
// are predicted once (host/predict/job_costs.h).
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "host/model/decoder.h"
#include "host/model/model_run.h"
#include "host/predict/job_costs.h"

namespace tessera::host {

/// A layer of a phase. What a run records and no prediction says is 0: firmware's cycles.
struct LayerProfile {
    LayerCost layer;
    bool extended = false;  ///< costs of jobs were continued from shorter ones
    double deviation = 0;   ///< JobCost::deviation, the largest

    /// All of `other` but its names and runs.
    void add(const LayerProfile& other);
};

/// What one run of each of these graphs, one after the other, costs.
struct PhaseProfile {
    std::string name;     ///< "prefill" or "decode"
    uint64_t tokens = 0;  ///< of the prompt: what prefill reads, and decode has in its caches
    uint64_t runs = 0;    ///< of graphs: chunks of the prompt
    std::vector<LayerProfile> layers;

    LayerProfile sum() const;  ///< without names and runs
};

class Profiler {
  public:
    /// UserError as DecoderShape's reader; heads have to fit the device.
    Profiler(const DecoderShape& shape, ModelMachine machine);

    /// A prompt of so many tokens, as generate() runs it, on a machine that has run nothing yet.
    /// `chunk`: rows at once, 0: all. Then the first token behind it. UserError as plan_graph().
    std::pair<PhaseProfile, PhaseProfile> profile(uint64_t tokens, uint32_t chunk);

    /// Weights as they lie in device memory for the graphs of the latest prompt: a matrix that one
    /// graph wants transposed and another does not lies there twice.
    uint64_t resident_bytes() const;
    /// All tensors of the checkpoint in bf16.
    uint64_t weight_bytes() const;
    const std::string& family() const { return decoder_.model.name; }

  private:
    /// A step with all of its cost that does not depend on the position.
    struct Step {
        size_t layer = 0;
        LayerStep planned;
        Layout attention;  ///< of an attention
        ElementwiseOutcome elementwise;
    };
    struct Graph {
        std::vector<LayerCost> layers;  ///< names and kinds, no costs
        std::vector<Step> steps;
    };

    const Graph& graph(const std::string& name, uint32_t rows);
    Graph planned(const std::string& name, uint32_t rows);
    void place(const GraphPlan& plan, std::vector<Step>& steps);
    /// Adds a run of a graph. Rows that are appended begin at `position`.
    void run(const std::string& name, uint32_t rows, uint64_t position, PhaseProfile& phase);
    JobCost job_cost(const Step& step, uint64_t keys, const JobStart& start, LayerProfile& layer);

    const Decoder decoder_;
    const ModelWeights weights_;
    const ModelMachine machine_;
    GemmForms forms_;
    JobCosts costs_;
    // Of the latest prompt.
    std::optional<ModelMemory> memory_;
    std::map<std::pair<std::string, uint32_t>, Graph> graphs_;
    std::set<std::string> resident_;  ///< buffers of weights
    uint64_t submitted_ = 0;          ///< commands since the first run
    uint64_t now_ = 0;                ///< cycles likewise
};

}  // namespace tessera::host
