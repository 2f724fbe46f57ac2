// SPDX-License-Identifier: MIT
// The work behind graph_plan.h: goes through a graph's layers and makes the steps of each.
#pragma once
#include <fmt/format.h>

#include <functional>
#include <optional>
#include <utility>

#include "host/error.h"
#include "host/model/graph_plan.h"
#include "host/operation/attention_view.h"
#include "host/problem/problem.h"

namespace tessera::host {

class GraphPlanner {
  public:
    GraphPlanner(const ModelGraph& graph, const ModelWeights& weights, const ModelMachine& machine,
                 GemmForms& forms, ModelMemory& memory, const GraphRun& run);
    GraphPlan plan();

  private:
    using Bindings = MemoryMap::Bindings;
    /// What a layer's product takes and gives.
    struct LayerGemm {
        Gemm gemm;
        MatrixPart a, c;
        std::string why;
    };

    void make_layer();
    // The layers, each by its kind.
    void make(const LinearLayer& layer);
    void make(const EmbeddingLayer& layer);
    void make(const NormLayer& layer);
    void make(const AttentionLayer& layer);
    void make(const GateLayer& layer);
    void make(const AddLayer& layer);
    void make(const LastLayer& layer);
    void make(const PoolLayer& layer);
    void make(const ArgmaxLayer& layer);

    /// y = a f(b).
    void gate(const GateLayer& layer, const Value& a, const Value& b);
    // Of an attention.
    void check_black_box(const Problem& p, const std::vector<TextRows>& texts, bool in_pages) const;
    struct Operands {
        const Value &q, &k, &v, &o;
    };
    void attend(const AttentionLayer& layer, const Problem& whole, const Operands& operands);
    /// A step and its audit.
    void approximate(const Problem& problem, const AttentionView& view, const std::string& part,
                     const Bindings& reads, const Bindings& writes, const std::string& value);

    // Of a linear layer.
    LayerGemm gemm_of(const ModelLayer& layer, const LinearLayer& linear, const Value& x) const;
    void multiply(const LinearLayer& layer, const LayerGemm& planned, const Value& x,
                  const std::string& c);
    /// Part `number` of the product in a buffer, all its rows or a piece of them, and what is added
    /// to it.
    struct Finish {
        const LinearLayer& layer;
        size_t number = 0;
        MatrixPart c;
        std::string buffer;
        std::optional<Value> residual;
        std::string piece = {};  ///< of names of steps
    };
    void check_part(const Finish& finish) const;
    void finish_part(const Finish& finish);
    void finish_piece(const Finish& finish, const Value& y, uint32_t position);
    /// `value`: the name of `y`, or nothing if it is not finished with this.
    void finish_by_epilogue(const Finish& finish, const Value& y, const std::string& value);
    /// `a` is what is rotated, and begins at a position.
    void rotate(const Finish& finish, const Value& a, float factor, uint32_t position,
                const Value& y);
    bool is_left_in_c(const LinearLayer& layer) const;

    // Values.
    const Value& value(const std::string& name) const;
    /// A new value of the present layer. It lies as its first reader wants it, or `heads` apart.
    Value& make_value(const std::string& name, uint64_t rows, uint64_t columns, uint32_t heads);
    Value& append_value(const std::string& name, uint64_t rows, uint64_t columns, uint32_t heads);
    Value& place_value(const std::string& name, Value made);
    MatrixPart wanted_by_readers(const std::string& name, uint64_t rows, uint64_t columns) const;
    /// `x`, lying so: itself, or what a step makes of it.
    Value laid(const Value& x, const MatrixPart& place, const char* role);
    Value as_numbers(const std::string& name, const char* role);
    MatrixPart numbers(uint64_t rows, uint64_t columns) const;

    // Steps.
    void add(const std::string& suffix, std::shared_ptr<Operation> operation, Bindings reads,
             Bindings writes, const std::string& value = "", const std::string& note = "");
    /// Binds the role to a buffer for what the host has. Is it to be written there, since it does
    /// not lie there yet?
    bool bind_host(Bindings& reads, Bindings& writes, const std::string& role,
                   const std::string& buffer);
    std::vector<float> host_row(Bindings& reads, Bindings& writes, const std::string& role,
                                const std::string& buffer,
                                const std::function<std::vector<float>()>& elements);
    bool with_data() const { return !machine_.platform.timing_only; }
    /// The texts of this run, whose rows are so many.
    std::vector<TextRows> texts(uint64_t rows) const;
    /// Does what the present layer writes under this name stay when the graph has run?
    bool lives_on(const std::string& name) const;
    /// A buffer of the present layer's own, which no value is called.
    std::string step_buffer(const std::string& what) const {
        return fmt::format("#{} {}.{}", at_, name(), what);
    }
    /// The buffer of the present layer's weights, lying so. Layers with the same tensors share it.
    std::string weight_buffer(const std::string& how, const TensorLayout& layout) const {
        return fmt::format("{}.weight{}: {}", tensors(), how, layout.text());
    }
    const std::string& name() const { return graph_.layers[at_].name; }
    /// The same for messages.
    std::string shown() const { return printable(name()); }
    const std::string& tensors() const { return graph_.layers[at_].weights; }

    const ModelGraph& graph_;
    const ModelWeights& weights_;
    const ModelMachine& machine_;
    GemmForms& forms_;
    ModelMemory& memory_;
    const GraphRun& run_;
    std::map<std::string, Value> values_;
    std::set<std::string> hosted_;  ///< buffers that a step of this plan fills from the host
    std::vector<LayerStep> steps_;
    size_t at_ = 0;  ///< the present layer
};

}  // namespace tessera::host
