// SPDX-License-Identifier: MIT
// Descriptions of models: what they say, and the message of each mistake.
#include <nlohmann/json.hpp>

#include "host/error.h"
#include "host/model/descriptions.h"
#include "host/model/model.h"
#include "tests/support/compared.h"

using namespace tessera;
using test::Compared;

namespace {

constexpr const char* kGood = R"({"format": "tessera-model-1", "name": "m", "graphs": {"g": {
    "inputs": {"ids": {"type": "indices"}, "audio": {"type": "numbers", "columns": 3}},
    "layers": [
      {"layer": "embedding", "name": "e", "input": "ids", "output": "x"},
      {"repeat": 3, "layers": [
        {"layer": "linear", "name": "l.{i}", "weights": "w.{i}", "input": "x", "bias": true,
         "parts": [{"output": "q.{i}", "heads": 2,
                    "rotary": {"pairs": "halves", "frequencies": "f"}},
                   {"output": "k.{i}", "heads": 2, "append": true}]},
        {"layer": "norm", "name": "n.{i}", "norm": "l2", "epsilon": 0.5, "input": "x",
         "output": "x"}]},
      {"layer": "convolution", "name": "c", "input": "audio", "output": "y", "taps": 4,
       "stride": 2, "activation": "gelu-tanh", "keep": true}]}}})";

/// kGood with `to` in place of `from`; what reading it says.
std::string message(const std::string& from, const std::string& to) {
    std::string text = kGood;
    const size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
    try {
        host::read_model("m.json", text);
    } catch (const host::UserError& error) {
        return error.what();
    }
    return "read";
}

}  // namespace

TEST_CASE("a description's graphs, layers and parts") {
    Compared facts("facts");
    const host::Model model = host::read_model("m.json", kGood);
    const host::ModelGraph& graph = model.graph("g");
    facts.equal(model.name, std::string("m"));
    facts.equal(graph.inputs.at("audio").columns, 3u);
    facts.equal(graph.inputs.at("ids").kind == host::InputKind::kIndices, true);
    facts.equal(graph.layers.size(), size_t{8});
    facts.equal(graph.outputs, std::vector<std::string>{"y"});
    const host::ModelLayer& third = graph.layers.at(5);
    facts.equal(third.name, std::string("l.2"));
    facts.equal(third.weights, std::string("w.2"));
    const auto& linear = std::get<host::LinearLayer>(third.kind);
    facts.equal(linear.parts.size(), size_t{2});
    facts.equal(linear.parts[0].output, std::string("q.2"));
    facts.equal(linear.parts[0].rotary.value().frequencies, std::string("f"));
    facts.equal(linear.parts[1].append, true);
    const auto& convolution = std::get<host::LinearLayer>(graph.layers.back().kind);
    facts.equal(convolution.taps, 4u);
    facts.equal(convolution.stride, 2u);
    facts.equal(convolution.activation == fw::Activation::kGeluTanh, true);
    facts.equal(host::layer_kind_name(graph.layers.back().kind), std::string("convolution"));
    facts.equal(host::least_rows(graph, "audio"), uint64_t{4});
}

TEST_CASE("every mistake in a description has a message that names it") {
    Compared messages("messages");
    const auto says = [&](const char* from, const char* to, const std::string& expected) {
        messages.equal(message(from, to), "m.json: " + expected, [&] { return std::string(to); });
    };
    says("tessera-model-1", "tessera-model-2",
         "format is tessera-model-2; allowed: tessera-model-1");
    says(R"("name": "m", )", "", "name is missing; allowed: a name");
    says(R"("layer": "embedding")", R"("layer": "table")",
         "graphs.g.layers[0].layer is table; allowed: linear, convolution, embedding, norm, "
         "attention, gate, add, last, pool, argmax");
    says(R"("norm": "l2")", R"("norm": "batch")",
         "graphs.g.layers[1].layers[1].norm is batch; allowed: layer, group, rms, l2");
    says("gelu-tanh", "swish",
         "graphs.g.layers[2].activation is swish; allowed: none, relu, sigmoid, silu, tanh, gelu, "
         "gelu-tanh");
    says(R"("epsilon": 0.5)", R"("epsilon": -1)",
         "graphs.g.layers[1].layers[1].epsilon is -1; allowed: a number, 0 to 1");
    says(R"("taps": 4)", R"("taps": 0)",
         "graphs.g.layers[2].taps is 0; allowed: a whole number, 1 to 16777216");
    says(R"("bias": true)", R"("bias": 1)",
         "graphs.g.layers[1].layers[0].bias is 1; allowed: true or false");
    says(R"("stride": 2)", R"("strides": 2)",
         "graphs.g.layers[2].stride is missing; allowed: a whole number, 1 to 16777216");
    says(R"("output": "y")", R"("output": "y", "pad": 1)",
         "key graphs.g.layers[2].pad is unknown; allowed: activation, append, bias, heads, input, "
         "keep, layer, name, output, parts, repeat, residual, rotary, stride, taps, transposed, "
         "weights");
    says(R"("name": "n.{i}")", R"("name": "n")",
         "graphs.g.layers[1].layers[1].name is n; allowed: names that differ in a graph");
    says(R"("input": "audio")", R"("input": "sound")",
         "graphs.g is c; allowed: values that an input or an earlier layer writes; nothing writes "
         "sound");
    says(R"("heads": 2,
                    "rotary")",
         R"("rotary")",
         "graphs.g.layers[1].layers[0].parts[0].rotary is given; allowed: beside `heads`");
    says(R"("type": "numbers")", R"("type": "floats")",
         "graphs.g.inputs.audio.type is floats; allowed: numbers, indices");
    says(R"("repeat": 3)", R"("repeat": 0)",
         "graphs.g.layers[1].repeat is 0; allowed: a whole number, 1 to 65536");
    says(R"("input": "ids")", R"("input": "audio")",
         "graphs.g is e; allowed: an input of indices; audio has numbers");
    says(R"("input": "audio")", R"("input": "ids")",
         "graphs.g is c; allowed: an input of numbers; ids has indices");
    says(R"("output": "k.{i}")", R"("output": "k")",
         "graphs.g is l.1; allowed: one layer that writes k, to which rows are appended");
    says(R"({"layer": "norm", "name": "n.{i}")",
         R"({"repeat": 2, "layers": []}, {"layer": "norm", "name": "n.{i}")",
         "graphs.g.layers[1].layers[1].repeat is given; allowed: none within another");
    says(R"("parts": [{)", R"("parts": [], "x": [{)",
         "graphs.g.layers[1].layers[0].parts is an array of 0; allowed: a list of parts");
}

TEST_CASE("the descriptions that are compiled in are read") {
    Compared layers("layers");
    REQUIRE(host::embedded_models().size() >= 2);
    for (const host::EmbeddedPreset& description : host::embedded_models()) {
        const host::Model model = host::read_model(description.name, description.text);
        layers.equal(model.name, std::string(description.name));
        for (const auto& [name, graph] : model.graphs)
            if (graph.inputs.count("audio") != 0)
                layers.equal(host::least_rows(graph, "audio"),
                             uint64_t{895});  // its authors' figure
        for (const auto& [name, graph] : model.graphs)
            for (const host::ModelLayer& layer : graph.layers)
                layers.holds(!host::values_written(layer).empty(), [&] { return layer.name; });
    }
}
