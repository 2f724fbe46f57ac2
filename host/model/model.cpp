// SPDX-License-Identifier: MIT
#include "host/model/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <tuple>

#include "host/error.h"

namespace tessera::host {
namespace {

/// Names that are not empty.
std::vector<std::string> named(std::vector<std::string> names) {
    std::vector<std::string> some;
    for (std::string& name : names)
        if (!name.empty()) some.push_back(std::move(name));
    return some;
}

struct KindName {
    const char* operator()(const LinearLayer& layer) const {
        return layer.taps > 1 || layer.stride > 1 ? "convolution" : "linear";
    }
    const char* operator()(const EmbeddingLayer&) const { return "embedding"; }
    const char* operator()(const NormLayer&) const { return "norm"; }
    const char* operator()(const AttentionLayer&) const { return "attention"; }
    const char* operator()(const GateLayer&) const { return "gate"; }
    const char* operator()(const AddLayer&) const { return "add"; }
    const char* operator()(const LastLayer&) const { return "last"; }
    const char* operator()(const PoolLayer&) const { return "pool"; }
    const char* operator()(const ArgmaxLayer&) const { return "argmax"; }
};

struct Reads {
    using Names = std::vector<std::string>;
    Names operator()(const LinearLayer& layer) const {
        return named({layer.input, layer.residual});
    }
    Names operator()(const AttentionLayer& layer) const {
        return {layer.queries, layer.keys, layer.values};
    }
    Names operator()(const GateLayer& layer) const { return named({layer.input, layer.by}); }
    Names operator()(const AddLayer& layer) const { return {layer.input, layer.other}; }
    template <typename Layer>
    Names operator()(const Layer& layer) const {
        return {layer.input};
    }
};

struct Writes {
    using Names = std::vector<std::string>;
    Names operator()(const LinearLayer& layer) const {
        Names names;
        for (const LinearPart& part : layer.parts) names.push_back(part.output);
        return names;
    }
    template <typename Layer>
    Names operator()(const Layer& layer) const {
        return {layer.output};
    }
};

auto fields(const SeenKeys& s) {
    return std::tie(s.window, s.sinks, s.prefix, s.block, s.summary, s.stride);
}

auto fields(const Approximation& a) { return std::tie(a.rule, a.tiles, a.seed, a.tolerance); }

bool same(const std::optional<Approximation>& a, const std::optional<Approximation>& b) {
    return a.has_value() == b.has_value() && (!a || fields(*a) == fields(*b));
}

}  // namespace

bool SeenKeys::operator==(const SeenKeys& other) const { return fields(*this) == fields(other); }

AttentionMask SeenKeys::mask(bool causal) const {
    AttentionMask mask;
    mask.causal = causal;
    mask.window = window;
    mask.sinks = sinks;
    mask.prefix = prefix;
    mask.block = block;
    mask.summary = summary;
    return mask;
}

bool HeadSettings::operator==(const HeadSettings& other) const {
    return seen == other.seen && schedule == other.schedule && cover == other.cover &&
           same(approximation, other.approximation);
}

const char* layer_kind_name(const LayerKind& kind) { return std::visit(KindName(), kind); }
std::vector<std::string> values_read(const ModelLayer& layer) {
    return std::visit(Reads(), layer.kind);
}
std::vector<std::string> values_written(const ModelLayer& layer) {
    return std::visit(Writes(), layer.kind);
}

namespace {

/// What a graph reads and does not make itself.
std::set<std::string> foreign_values(const ModelGraph& graph) {
    std::set<std::string> foreign, own;
    for (const auto& [name, input] : graph.inputs) own.insert(name);
    for (const ModelLayer& layer : graph.layers)
        for (const std::string& value : values_written(layer)) own.insert(value);
    for (const ModelLayer& layer : graph.layers)
        for (const std::string& value : values_read(layer))
            if (own.count(value) == 0) foreign.insert(value);
    return foreign;
}

/// What the last layer that writes a value leaves in it.
InputKind last_kind(const ModelGraph& graph, const std::string& value) {
    InputKind kind = InputKind::kNumbers;
    for (const ModelLayer& layer : graph.layers)
        for (const std::string& written : values_written(layer))
            if (written == value) kind = kind_written(layer);
    return kind;
}

}  // namespace

InputKind kind_written(const ModelLayer& layer) {
    return std::holds_alternative<ArgmaxLayer>(layer.kind) ? InputKind::kIndices
                                                           : InputKind::kNumbers;
}

void require_graph(const Model& model, const std::string& name,
                   const std::map<std::string, InputKind>& inputs,
                   const std::map<std::string, InputKind>& outputs) {
    const std::string where = "model " + printable(model.name);
    const auto found = model.graphs.find(name);
    if (found == model.graphs.end()) {
        std::vector<std::string> names;
        for (const auto& [known, graph] : model.graphs) names.push_back(printable(known));
        throw bad_value(where, "graphs", fmt::format("{}", fmt::join(names, ", ")),
                        "one named " + name);
    }
    const ModelGraph& graph = found->second;
    const auto missing = [&](const std::string& what) {
        return bad_value(where, "graphs." + name, "without " + what, "a graph with " + what);
    };
    const auto text = [](const char* what, const std::string& value, InputKind kind) {
        return fmt::format("{} {}, {}", what, value,
                           kind == InputKind::kNumbers ? "numbers" : "indices");
    };
    for (const auto& [input, kind] : inputs) {
        const auto given = graph.inputs.find(input);
        if (given == graph.inputs.end() || given->second.kind != kind)
            throw missing(text("input", input, kind));
    }
    for (const auto& [output, kind] : outputs)
        if (std::find(graph.outputs.begin(), graph.outputs.end(), output) == graph.outputs.end() ||
            last_kind(graph, output) != kind)
            throw missing(text("output", output, kind));
}

std::vector<std::string> graphs_in_order(const Model& model) {
    std::vector<std::string> order;
    std::set<std::string> left, known;
    for (const auto& [name, graph] : model.graphs) left.insert(name);
    const auto ready = [&](const std::string& name) {
        const std::set<std::string> foreign = foreign_values(model.graph(name));
        return std::includes(known.begin(), known.end(), foreign.begin(), foreign.end());
    };
    while (!left.empty()) {
        auto next = std::find_if(left.begin(), left.end(), ready);
        if (next == left.end()) next = left.begin();
        const std::vector<std::string>& outputs = model.graph(*next).outputs;
        known.insert(outputs.begin(), outputs.end());
        order.push_back(*next);
        left.erase(next);
    }
    return order;
}

const ModelLayer& ModelGraph::layer(const std::string& name) const {
    for (const ModelLayer& one : layers)
        if (one.name == name) return one;
    throw std::out_of_range("layer " + name);
}

std::vector<std::string> values_appended(const ModelLayer& layer) {
    std::vector<std::string> appended;
    if (const auto* linear = std::get_if<LinearLayer>(&layer.kind))
        for (const LinearPart& part : linear->parts)
            if (part.append) appended.push_back(part.output);
    return appended;
}

/// A convolution of r rows needs (r - 1) * stride + taps. Backwards, so that each value knows what
/// its readers need.
uint64_t least_rows(const ModelGraph& graph, const std::string& input) {
    std::map<std::string, uint64_t> needed;
    const auto need = [&](const std::string& value) {
        const auto found = needed.find(value);
        return found == needed.end() ? uint64_t{1} : found->second;
    };
    for (auto layer = graph.layers.rbegin(); layer != graph.layers.rend(); ++layer) {
        uint64_t rows = 1;
        for (const std::string& value : values_written(*layer)) {
            rows = std::max(rows, need(value));
            needed.erase(value);
        }
        if (const auto* linear = std::get_if<LinearLayer>(&layer->kind))
            rows = std::min((rows - 1) * linear->stride + linear->taps, kMostRows);
        for (const std::string& value : values_read(*layer))
            needed[value] = std::max(need(value), rows);
    }
    return need(input);
}

}  // namespace tessera::host
