// SPDX-License-Identifier: MIT
// From a model's graph to operations on a device: how each value lies in device memory, which
// operations a layer takes, and in which form its products are done.
//
// Numbers that are added, normed or gated are fp32 in one block of columns. Operands of products
// are bf16, as the product wants them: its producer writes them so, and nothing is copied in
// between. Only where two readers want a value differently an operation re-lays it.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "host/config/energy_table.h"
#include "host/model/model.h"
#include "host/model/text_rows.h"
#include "host/model/weights.h"
#include "host/operation/gemm.h"
#include "host/operation/matrix_part.h"
#include "host/operation/program.h"
#include "include/tessera/experiment.h"

namespace tessera::host {

/// A value of a graph, with its place.
struct Value {
    std::string buffer;             ///< in device memory; empty: the host's
    MatrixPart place;               ///< all of it
    uint32_t heads = 0;             ///< it is laid as; 0: a matrix
    float factor = 1;               ///< its elements are still to be multiplied by this
    bool in_pages = false;          ///< a cache whose rows do not all lie in order
    std::vector<float> numbers;     ///< the host's
    std::vector<uint32_t> indices;  ///< likewise

    uint64_t rows() const { return place.rows; }
    uint64_t columns() const { return place.columns; }
};

/// A run of a graph.
struct GraphRun {
    std::string graph;
    std::map<std::string, Value> inputs;
    uint32_t position = 0;             ///< where rows that are appended to caches begin
    std::vector<TextRows> texts = {};  ///< or where those of each text do; empty: all are of one
};

/// What of a model lies in device memory from one run of a graph to the next: weights, outputs of
/// graphs, caches.
struct ModelMemory {
    MemoryMap map;
    std::map<std::string, Value> values;  ///< outputs and caches
    CacheShape cache = 0;
};

/// The machine that a model runs on, and how its products are done.
struct ModelMachine {
    hw::PlatformConfig platform;
    EnergyTable energy;
    Precision precision = Precision::kExact;
};

/// An operation of a layer.
struct LayerStep {
    std::string layer;
    std::string value;  ///< that it finishes; empty: none
    ProgramStep step;
    std::string note;           ///< why it is done in this form; may be empty
    float factor = 1;           ///< the value is its elements times this
    uint64_t weight_bytes = 0;  ///< of the matrix that it multiplies with
    /// Of an attention: pairs of query and key, all heads together, that its description allows,
    /// and those of them that its heads see.
    uint64_t pairs = 0, pairs_seen = 0;
    std::string heads = {};  ///< of which of its heads: "0,2,4"
    bool audits = false;     ///< is this the audit of the step before?
};

/// Pairs of query and key that the mask allows, all heads together. `m`: tile tokens.
uint64_t pairs_allowed(const Problem& problem, uint32_t m);

/// Forms of products by their shapes: predicted once each.
class GemmForms {
  public:
    struct Choice {
        GemmForm form = GemmForm::kRows;
        std::string why;
    };
    explicit GemmForms(const ModelMachine& machine) : machine_(machine) {}
    /// The best form of `gemm`. Only a single row may be done by columns: what it reads and writes
    /// then lies as a row of blocks.
    const Choice& choose(const Gemm& gemm);

  private:
    const ModelMachine& machine_;
    std::map<std::vector<uint32_t>, Choice> choices_;
};

struct GraphPlan {
    std::vector<LayerStep> steps;
    /// Buffers that stay when the graph has run: weights, outputs, caches.
    std::set<std::string> kept;
    /// Outputs of earlier runs that now have another shape: to be freed first.
    std::vector<std::string> replaced;
};

/// The operations of a run of `graph` and what they leave in `memory.values`. The run's inputs are
/// the host's. Without data (timing only) weights and inputs have no elements. UserError for
/// weights that do not fit the layers, for too few rows of an input, and for more rows than a cache
/// has.
GraphPlan plan_graph(const ModelGraph& graph, const ModelWeights& weights,
                     const ModelMachine& machine, GemmForms& forms, ModelMemory& memory,
                     const GraphRun& run);

}  // namespace tessera::host
