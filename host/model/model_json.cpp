// SPDX-License-Identifier: MIT
// Descriptions of models: JSON to a model.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "host/error.h"
#include "host/io/json_text.h"
#include "host/io/mapped_file.h"
#include "host/model/head_settings.h"
#include "host/model/members.h"
#include "host/model/model.h"

namespace tessera::host {
namespace {

using nlohmann::json;

constexpr const char* kFormat = "tessera-model-1";
constexpr uint64_t kMaxDescriptionBytes = 1 << 24;
constexpr size_t kMaxName = 256;
constexpr uint32_t kMaxLayers = 1 << 16, kMaxColumns = 1 << 24;
constexpr const char* kIndex = "{i}";  ///< stands for the number of a repetition

const std::vector<std::pair<std::string, fw::Activation>> kActivationNames = {
    {"none", fw::Activation::kNone},         {"relu", fw::Activation::kRelu},
    {"sigmoid", fw::Activation::kSigmoid},   {"silu", fw::Activation::kSilu},
    {"tanh", fw::Activation::kTanh},         {"gelu", fw::Activation::kGeluErf},
    {"gelu-tanh", fw::Activation::kGeluTanh}};
const std::vector<std::pair<std::string, fw::Norm>> kNormNames = {{"layer", fw::Norm::kLayer},
                                                                  {"group", fw::Norm::kWhole},
                                                                  {"rms", fw::Norm::kRms},
                                                                  {"l2", fw::Norm::kL2}};
const std::vector<std::pair<std::string, fw::RotaryPairs>> kPairNames = {
    {"interleaved", fw::RotaryPairs::kInterleaved}, {"halves", fw::RotaryPairs::kHalves}};

fw::Activation activation_of(Members& m) {
    return m.choice_or("activation", kActivationNames, fw::Activation::kNone);
}

/// A copy with the number in place of "{i}" in every text.
json numbered(const json& value, uint32_t number) {
    if (value.is_string()) {
        std::string text = value.get<std::string>();
        for (size_t at = 0; (at = text.find(kIndex, at)) != std::string::npos;)
            text.replace(at, std::string(kIndex).size(), std::to_string(number));
        return text;
    }
    json copy = value;
    if (value.is_structured())
        for (json& member : copy) member = numbered(member, number);
    return copy;
}

class GraphReader {
  public:
    GraphReader(std::string where, std::string path, uint32_t repeats)
        : where_(std::move(where)), path_(std::move(path)), repeats_(repeats) {}

    ModelGraph graph_of(const json& object) {
        Members m(where_, path_, object);
        read_inputs(m);
        read_layers(m.path_of("layers"), m.value("layers", "a list of layers"));
        m.finish();
        for (ModelLayer& layer : graph_.layers)
            if (const auto found = settings_.find(layer.name); found != settings_.end())
                set_heads(graph_, layer, found->second);
        return std::move(graph_);
    }

  private:
    void read_inputs(Members& m) {
        Members inputs(where_, m.path_of("inputs"), m.value("inputs", "an object of inputs"));
        for (const auto& [name, member] : m.value("inputs", "").items()) {
            Members input(where_, m.path_of("inputs") + "." + name, inputs.value(name, ""));
            ModelInput& made = graph_.inputs[name];
            made.kind = input.choice<InputKind>(
                "type", {{"numbers", InputKind::kNumbers}, {"indices", InputKind::kIndices}});
            made.columns = input.count_or("columns", 1, kMaxColumns, 1);
            input.finish();
        }
    }

    void read_layers(const std::string& path, const json& layers) {
        if (!layers.is_array() || layers.empty())
            throw bad_value(where_, printable(path), json_excerpt(layers), "a list of layers");
        for (size_t i = 0; i < layers.size(); ++i) {
            const std::string at = fmt::format("{}[{}]", path, i);
            Members m(where_, at, layers[i]);
            if (m.has("repeat"))
                repeat(m, layers[i]);
            else
                read_layer(m);
            if (graph_.layers.size() > kMaxLayers)
                throw bad_value(where_, printable(path), "more",
                                fmt::format("{} layers", kMaxLayers));
        }
    }

    void repeat(Members& m, const json& object) {
        if (repeating_) m.refuse("repeat", "given", "none within another");
        const uint32_t times = m.count("repeat", 1, kMaxLayers);
        m.value("layers", "a list of layers");
        m.finish();
        repeating_ = true;
        for (uint32_t i = 0; i < std::min(times, repeats_); ++i)
            read_layers(m.path_of("layers"), numbered(object.at("layers"), i));
        repeating_ = false;
    }

    void read_layer(Members& m) {
        using Read = LayerKind (GraphReader::*)(Members&);
        const Read read = m.choice<Read>("layer", {{"linear", &GraphReader::linear},
                                                   {"convolution", &GraphReader::convolution},
                                                   {"embedding", &GraphReader::embedding},
                                                   {"norm", &GraphReader::norm},
                                                   {"attention", &GraphReader::attention},
                                                   {"gate", &GraphReader::gate},
                                                   {"add", &GraphReader::add},
                                                   {"last", &GraphReader::last},
                                                   {"pool", &GraphReader::pool},
                                                   {"argmax", &GraphReader::argmax}});
        const std::string name = m.text("name");
        if (name.size() > kMaxName)
            m.refuse("name", fmt::format("a text of {} bytes", name.size()),
                     fmt::format("at most {}", kMaxName));
        ModelLayer layer{name, m.text_or("weights", name), (this->*read)(m)};
        if (!names_.insert(layer.name).second)
            m.refuse("name", printable(layer.name), "names that differ in a graph");
        if (m.flag_or("keep", false))
            for (const std::string& value : values_written(layer)) graph_.outputs.push_back(value);
        m.finish();
        graph_.layers.push_back(std::move(layer));
    }

    LinearPart part(Members& m) {
        LinearPart part;
        part.output = m.text("output");
        part.heads = m.count_or("heads", 1, kMaxColumns, 0);
        part.append = m.flag_or("append", false);
        if (!m.has("rotary")) return part;
        if (part.heads == 0) m.refuse("rotary", "given", "beside `heads`");
        Members rotary(where_, m.path_of("rotary"), m.value("rotary", "an object"));
        part.rotary.emplace();
        part.rotary->pairs = rotary.choice("pairs", kPairNames);
        part.rotary->frequencies = rotary.text("frequencies");
        rotary.finish();
        return part;
    }

    LayerKind linear(Members& m) {
        LinearLayer layer;
        layer.input = m.text("input");
        layer.bias = m.flag_or("bias", false);
        layer.transposed = m.flag_or("transposed", false);
        layer.activation = activation_of(m);
        layer.residual = m.text_or("residual", "");
        if (!m.has("parts")) {
            layer.parts.push_back(part(m));
            return layer;
        }
        const json& parts = m.value("parts", "a list of parts");
        if (!parts.is_array() || parts.empty())
            m.refuse("parts", json_excerpt(parts), "a list of parts");
        for (size_t i = 0; i < parts.size(); ++i) {
            Members one(where_, fmt::format("{}[{}]", m.path_of("parts"), i), parts[i]);
            layer.parts.push_back(part(one));
            one.finish();
        }
        return layer;
    }
    LayerKind convolution(Members& m) {
        LinearLayer layer = std::get<LinearLayer>(linear(m));
        layer.taps = m.count("taps", 1, kMaxColumns);
        layer.stride = m.count("stride", 1, kMaxColumns);
        return layer;
    }
    LayerKind embedding(Members& m) { return EmbeddingLayer{m.text("input"), m.text("output")}; }
    LayerKind norm(Members& m) {
        NormLayer layer;
        layer.input = m.text("input");
        layer.output = m.text("output");
        layer.norm = m.choice("norm", kNormNames);
        layer.epsilon = static_cast<float>(m.number("epsilon", 0, 1));
        layer.gamma = m.flag_or("weight", layer.norm != fw::Norm::kL2);
        layer.beta = m.flag_or("bias", false);
        return layer;
    }
    LayerKind attention(Members& m) {
        AttentionLayer layer;
        layer.queries = m.text("queries");
        layer.keys = m.text("keys");
        layer.values = m.text("values");
        layer.output = m.text("output");
        layer.causal = m.flag_or("causal", false);
        layer.window = m.count_or("window", 1, kMaxColumns, 0);
        if (m.has("settings")) read_settings(m, settings_[m.text("name")]);
        return layer;
    }
    /// Objects, each with keys of head_keys.h and perhaps the heads that it is for.
    void read_settings(Members& m, std::vector<HeadSetting>& all) {
        const json& list = m.value("settings", "a list of settings");
        if (!list.is_array() || list.empty())
            m.refuse("settings", json_excerpt(list), "a list of settings");
        for (size_t i = 0; i < list.size(); ++i) {
            HeadSetting s;
            s.where = where_;
            s.scope = fmt::format("{}[{}]", m.path_of("settings"), i);
            Members one(where_, s.scope, list[i]);
            s.heads = one.text_or("heads", "");
            for (const auto& [key, value] : list[i].items()) {
                if (key == "heads") continue;
                if (!value.is_number() && !value.is_string())
                    one.refuse(key, json_excerpt(value), "a number or a name");
                s.path = s.scope + "." + key;
                s.key = key;
                s.value = value.is_string() ? value.get<std::string>() : value.dump();
                all.push_back(s);
            }
        }
    }
    LayerKind gate(Members& m) {
        GateLayer layer;
        layer.input = m.text("input");
        layer.output = m.text("output");
        layer.activation = activation_of(m);
        layer.by = m.text_or("by", "");
        if (layer.by.empty())
            layer.gate_first = m.choice<bool>("gate", {{"first", true}, {"second", false}});
        return layer;
    }
    LayerKind add(Members& m) {
        AddLayer layer;
        layer.input = m.text("input");
        layer.other = m.text("other");
        layer.output = m.text("output");
        layer.factor = static_cast<float>(m.number_or("factor", -1e6, 1e6, 1));
        return layer;
    }
    LayerKind last(Members& m) { return LastLayer{m.text("input"), m.text("output")}; }
    LayerKind pool(Members& m) { return PoolLayer{m.text("input"), m.text("output")}; }
    LayerKind argmax(Members& m) { return ArgmaxLayer{m.text("input"), m.text("output")}; }

    const std::string where_, path_;
    const uint32_t repeats_;
    bool repeating_ = false;
    ModelGraph graph_;
    std::set<std::string> names_;
    std::map<std::string, std::vector<HeadSetting>> settings_;  ///< of layers, by name
};

/// Values and whether they hold indices.
using Kinds = std::map<std::string, bool>;

bool writes_indices(const ModelLayer& layer) { return kind_written(layer) == InputKind::kIndices; }

/// Those that live on from one run of a graph to the next.
Kinds kept_values(const Model& model) {
    Kinds kept;
    for (const auto& [name, graph] : model.graphs) {
        for (const ModelLayer& layer : graph.layers) {
            for (const std::string& value : values_written(layer))
                if (std::find(graph.outputs.begin(), graph.outputs.end(), value) !=
                    graph.outputs.end())
                    kept[value] = writes_indices(layer);
            for (const std::string& value : values_appended(layer)) kept[value] = false;
        }
    }
    return kept;
}

/// Each value that a layer reads is an input, was written by a layer before, or lives on; and it is
/// numbers, or what an embedding takes.
void check_reads(const std::string& where, const std::string& graph, const ModelLayer& layer,
                 const Kinds& known) {
    const auto refuse = [&](const std::string& allowed) {
        throw bad_value(where, "graphs." + printable(graph), printable(layer.name), allowed);
    };
    const bool indices = std::holds_alternative<EmbeddingLayer>(layer.kind);
    for (const std::string& value : values_read(layer)) {
        const auto found = known.find(value);
        if (found == known.end())
            refuse(fmt::format("values that an input or an earlier layer writes; nothing writes {}",
                               printable(value)));
        else if (found->second != indices)
            refuse(fmt::format("an input of {}; {} has {}", indices ? "indices" : "numbers",
                               printable(value), indices ? "numbers" : "indices"));
    }
}

void check_values(const std::string& where, const Model& model) {
    const Kinds kept = kept_values(model);
    for (const auto& [name, graph] : model.graphs) {
        Kinds known = kept;
        std::set<std::string> appended;
        for (const auto& [input, what] : graph.inputs)
            known[input] = what.kind == InputKind::kIndices;
        for (const ModelLayer& layer : graph.layers) {
            check_reads(where, name, layer, known);
            for (const std::string& value : values_written(layer)) {
                if (appended.count(value) != 0)
                    throw bad_value(where, "graphs." + printable(name), printable(layer.name),
                                    fmt::format("one layer that writes {}, to which rows are "
                                                "appended",
                                                printable(value)));
                known[value] = writes_indices(layer);
            }
            for (const std::string& value : values_appended(layer)) appended.insert(value);
        }
    }
}

}  // namespace

Model read_model(const std::string& where, std::string_view text, uint32_t repeats) {
    const json root = parse_json(where, text);
    Members m(where, "", root);
    m.choice<int>("format", {{kFormat, 1}});
    Model model;
    model.name = m.text("name");
    const json& graphs = m.value("graphs", "an object of graphs");
    Members members(where, "graphs", graphs);
    for (const auto& [name, graph] : graphs.items())
        model.graphs.emplace(name, GraphReader(where, "graphs." + name, repeats).graph_of(graph));
    if (model.graphs.empty()) m.refuse("graphs", "empty", "an object of graphs");
    m.finish();
    check_values(where, model);
    return model;
}

Model read_model_file(const std::string& path, uint32_t repeats) {
    const MappedFile file(path);
    if (file.bytes() > kMaxDescriptionBytes)
        throw bad_value(path, "file size", std::to_string(file.bytes()) + " bytes",
                        fmt::format("at most {}", kMaxDescriptionBytes));
    return read_model(path, {reinterpret_cast<const char*>(file.data()), file.bytes()}, repeats);
}

}  // namespace tessera::host
