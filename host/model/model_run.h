// SPDX-License-Identifier: MIT
// A model at work on a machine: weights, outputs of graphs and caches stay in device memory from
// one run of a graph to the next.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/approximation/audit.h"
#include "host/model/graph_plan.h"

namespace tessera::host {

/// What the runs of a layer took together.
struct LayerCost {
    std::string graph, layer, kind;
    uint64_t runs = 0;
    double macs = 0;  ///< useful multiply-adds, by formula
    StepCost cost;
    uint64_t weight_bytes = 0;           ///< of its matrices, which each run reads
    uint64_t pairs = 0, pairs_seen = 0;  ///< as LayerStep
    std::string form;                    ///< of its product, why; may be empty
    uint64_t checked = 0, outside = 0;   ///< elements held against double precision
    double max_over_bound = 0;
};

/// What the audits of some heads of a layer say together.
struct LayerAudit {
    std::string graph, layer, heads;
    Approximation approximation;
    uint64_t runs = 0;
    std::vector<HeadAudit> audited;  ///< of each head in each run
    StepCost cost;                   ///< of the audits, which is no cost of the layer
    uint64_t selection_cycles = 0;   ///< of choosing the tiles, by formula: not simulated

    Verdict verdict() const { return verdict_of(audited, approximation.tolerance); }
};

struct ModelRecord {
    std::vector<LayerCost> layers;   ///< in the order of their first runs
    std::vector<LayerAudit> audits;  ///< likewise
    std::string inexact;  ///< the first step that left something known not to be exact, and what

    StepCost sum() const;
    /// That of graphs whose names do not begin so.
    ModelRecord without(const std::string& prefix) const;
    /// The first audit that is not valid, and why; empty: there is none.
    std::string not_valid() const;
};

/// A value that a layer has written.
struct LayerValue {
    std::string layer, value;
    TensorSpec spec;
    std::vector<float> numbers;
};

/// Would these runs, one after the other, fit model, weights and machine? UserError as
/// ModelRun::run().
void check_runs(const Model& model, const ModelWeights& weights, const ModelMachine& machine,
                const CacheShape& cache, const std::vector<GraphRun>& runs);

class ModelRun {
  public:
    struct Options {
        bool check = false;      ///< hold every step against double precision
        bool step_times = true;  ///< where possible, steps alike are simulated once
        /// Is told of the values of layers for which `wanted` is true.
        std::function<bool(const std::string& layer)> wanted;
        std::function<void(const LayerValue&)> value;
        /// Is told of every step that has run.
        std::function<void(const std::string& layer, const StepRecord&)> step;
    };

    /// `platform` has the configuration of `machine`, nothing else in its memory, and outlives
    /// this.
    ModelRun(Model model, ModelWeights weights, ModelMachine machine, Platform& platform,
             const CacheShape& cache, Options options);

    /// Runs a graph. UserError as plan_graph(), and for a memory that is too small.
    void run(const GraphRun& run);
    /// An output that a graph has left, row by row. Whole numbers are numbers, too.
    std::vector<float> output(const std::string& name) const;
    uint64_t output_rows(const std::string& name) const { return memory_.values.at(name).rows(); }

    /// std::out_of_range if the model has no such graph.
    const ModelGraph& graph(const std::string& name) const { return model_.graph(name); }
    const ModelWeights& weights() const { return weights_; }
    const ModelRecord& record() const { return record_; }
    /// The first byte of device memory behind all that lies there.
    uint64_t memory_end() const { return memory_.map.end(); }
    /// False: only time is simulated, and outputs mean nothing.
    bool with_data() const { return !machine_.platform.timing_only; }

  private:
    LayerCost& cost_of(const std::string& graph, const LayerStep& step);
    void note_step(const std::string& graph, const LayerStep& step, const StepRecord& done,
                   bool first);
    void note_audit(const std::string& graph, const LayerStep& step, const StepRecord& audited,
                    const StepRecord& audit);

    const Model model_;
    const ModelWeights weights_;
    const ModelMachine machine_;
    const Options options_;
    GemmForms forms_;
    ModelMemory memory_;
    Platform& platform_;
    CounterValues counters_{};
    std::optional<StepTimes> times_;
    ModelRecord record_;
    std::map<std::pair<std::string, std::string>, size_t> index_;
};

/// What the host gives a graph.
Value numbers_of(std::vector<float> numbers, uint64_t rows, uint64_t columns);
Value indices_of(std::vector<uint32_t> indices);

}  // namespace tessera::host
