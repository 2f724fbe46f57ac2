// SPDX-License-Identifier: MIT
#include "host/model/decoder.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/error.h"
#include "host/io/safetensors.h"

namespace tessera::host {
namespace {

constexpr const char* kFrequencies = "rotary.inv_freq";

/// The layers of one graph, and the tensors that they read.
class GraphMaker {
  public:
    GraphMaker(const DecoderShape& shape, std::string prefix, Decoder& decoder)
        : shape_(shape), prefix_(std::move(prefix)), decoder_(decoder) {}

    /// Without `head` only the caches matter: of the last layer there are its keys and values.
    ModelGraph graph(uint32_t layers, bool head) {
        const auto caches_only = [&](uint32_t i) { return !head && i + 1 == layers; };
        graph_.inputs[kTokensInput] = {InputKind::kIndices, 1};
        if (shape_.gpt2()) {
            gpt2_embedding();
            for (uint32_t i = 0; i < layers; ++i) gpt2_layer(i, caches_only(i));
        } else {
            embedding("embed_tokens", kTokensInput, "x", shape_.vocabulary);
            for (uint32_t i = 0; i < layers; ++i) llama_layer(i, caches_only(i));
        }
        if (head) logits();
        return std::move(graph_);
    }

  private:
    void add(const std::string& name, const std::string& weights, LayerKind kind) {
        graph_.layers.push_back({name, weights, std::move(kind)});
    }
    void tensor(const std::string& name, std::vector<uint64_t> shape) {
        decoder_.tensors[prefix_ + name] = std::move(shape);
    }

    void embedding(const std::string& name, const char* input, const char* output,
                   uint64_t entries) {
        tensor(name + ".weight", {entries, shape_.width});
        add(name, prefix_ + name, EmbeddingLayer{input, output});
    }
    void norm(const std::string& name, const std::string& input) {
        const bool centred = shape_.gpt2();
        tensor(name + ".weight", {shape_.width});
        if (centred) tensor(name + ".bias", {shape_.width});
        add(name, prefix_ + name,
            NormLayer{input, "y", centred ? fw::Norm::kLayer : fw::Norm::kRms, shape_.norm_epsilon,
                      true, centred});
    }
    /// `layer` has all but bias and the way that its matrix lies.
    void linear(const std::string& name, uint64_t inputs, uint64_t outputs, bool bias,
                LinearLayer layer) {
        layer.bias = bias;
        layer.transposed = !shape_.gpt2();
        tensor(name + ".weight", layer.transposed ? std::vector<uint64_t>{outputs, inputs}
                                                  : std::vector<uint64_t>{inputs, outputs});
        if (bias) tensor(name + ".bias", {outputs});
        add(name, prefix_ + name, std::move(layer));
    }
    static LinearLayer to(const std::string& input, const std::string& output) {
        LinearLayer layer;
        layer.input = input;
        layer.parts.resize(1);
        layer.parts[0].output = output;
        return layer;
    }
    /// x += f(input).
    static LinearLayer to_residual(const std::string& input) {
        LinearLayer layer = to(input, "x");
        layer.residual = "x";
        return layer;
    }
    static std::string cache(const char* what, uint32_t i) {
        return fmt::format("cache.{}.{}", what, i);
    }
    void attention(const std::string& name, uint32_t i) {
        AttentionLayer layer;
        layer.queries = "q";
        layer.keys = cache("k", i);
        layer.values = cache("v", i);
        layer.output = "o";
        layer.causal = true;
        layer.window = shape_.windows[i];
        add(name, name, layer);
    }

    void gpt2_embedding() {
        graph_.inputs[kPositionsInput] = {InputKind::kIndices, 1};
        embedding("wte", kTokensInput, "tokens.x", shape_.vocabulary);
        embedding("wpe", kPositionsInput, "positions.x", shape_.positions);
        add("embed", "embed", AddLayer{"tokens.x", "positions.x", "x"});
    }
    void gpt2_layer(uint32_t i, bool caches_only) {
        const std::string at = fmt::format("h.{}.", i);
        norm(at + "ln_1", "x");
        LinearLayer qkv;
        qkv.input = "y";
        qkv.parts = {{"q", shape_.heads, {}, false},
                     {cache("k", i), shape_.heads, {}, true},
                     {cache("v", i), shape_.heads, {}, true}};
        linear(at + "attn.c_attn", shape_.width, 3 * uint64_t{shape_.width}, true, qkv);
        if (caches_only) return;
        attention(at + "attn", i);
        linear(at + "attn.c_proj", shape_.width, shape_.width, true, to_residual("o"));
        norm(at + "ln_2", "x");
        LinearLayer up = to("y", "h");
        up.activation = shape_.activation;
        linear(at + "mlp.c_fc", shape_.width, shape_.hidden, true, up);
        linear(at + "mlp.c_proj", shape_.hidden, shape_.width, true, to_residual("h"));
    }

    void llama_layer(uint32_t i, bool caches_only) {
        const std::string at = fmt::format("layers.{}.", i);
        norm(at + "input_layernorm", "x");
        if (!caches_only) projection(at + "self_attn.q_proj", "q", shape_.heads, true, false);
        projection(at + "self_attn.k_proj", cache("k", i), shape_.kv_heads, true, true);
        projection(at + "self_attn.v_proj", cache("v", i), shape_.kv_heads, false, true);
        if (caches_only) return;
        attention(at + "self_attn", i);
        linear(at + "self_attn.o_proj", uint64_t{shape_.heads} * shape_.head_width, shape_.width,
               shape_.output_bias, to_residual("o"));
        norm(at + "post_attention_layernorm", "x");
        linear(at + "mlp.gate_proj", shape_.width, shape_.hidden, shape_.mlp_bias, to("y", "g"));
        linear(at + "mlp.up_proj", shape_.width, shape_.hidden, shape_.mlp_bias, to("y", "u"));
        GateLayer gate;
        gate.input = "u";
        gate.by = "g";
        gate.output = "h";
        gate.activation = shape_.activation;
        add(at + "mlp.gate", at + "mlp.gate", gate);
        linear(at + "mlp.down_proj", shape_.hidden, shape_.width, shape_.mlp_bias,
               to_residual("h"));
    }
    void projection(const std::string& name, const std::string& output, uint32_t heads, bool rotary,
                    bool append) {
        LinearLayer layer = to("y", output);
        LinearPart& part = layer.parts[0];
        part.heads = heads;
        part.append = append;
        if (rotary) part.rotary = RotaryPart{fw::RotaryPairs::kHalves, kFrequencies};
        linear(name, shape_.width, uint64_t{heads} * shape_.head_width, shape_.qkv_bias, layer);
    }

    /// Of the last row. Tied logits share the embedding's table, which lies as [out][in].
    void logits() {
        add("last", "last", LastLayer{"x", "x"});
        norm(shape_.gpt2() ? "ln_f" : "norm", "x");
        const std::string table = prefix_ + (shape_.gpt2() ? "wte" : "embed_tokens");
        const std::string own = "lm_head";
        if (!shape_.tied) decoder_.tensors[own + ".weight"] = {shape_.vocabulary, shape_.width};
        LinearLayer layer = to("y", kLogitsOutput);
        layer.transposed = true;
        add(own, shape_.tied ? table : own, layer);
        add("argmax", "argmax", ArgmaxLayer{kLogitsOutput, kNextOutput});
        graph_.outputs = {kLogitsOutput, kNextOutput};
    }

    const DecoderShape& shape_;
    const std::string prefix_;
    Decoder& decoder_;
    ModelGraph graph_;
};

const char* family_name(DecoderFamily family) {
    switch (family) {
        case DecoderFamily::kGpt2: return "gpt2";
        case DecoderFamily::kLlama: return "llama";
        case DecoderFamily::kMistral: return "mistral";
        case DecoderFamily::kQwen2: break;
    }
    return "qwen2";
}

}  // namespace

Decoder make_decoder(const DecoderShape& shape, const std::string& prefix, uint32_t layers) {
    Decoder decoder;
    decoder.model.name = family_name(shape.family);
    const uint32_t made = std::min(layers, shape.layers);
    const auto graph = [&](bool head) {
        return GraphMaker(shape, shape.gpt2() ? prefix : "model.", decoder).graph(made, head);
    };
    decoder.model.graphs[kFillGraph] = graph(false);
    decoder.model.graphs[kPrefillGraph] = graph(true);
    decoder.model.graphs[kDecodeGraph] = graph(true);
    if (!shape.gpt2()) decoder.computed[kFrequencies] = rotary_frequencies(shape);
    return decoder;
}

Decoder decoder_of(const DecoderShape& shape, const std::string& weights, uint32_t layers) {
    const SafetensorsFile file(weights);
    const std::string prefix = "transformer.";
    const bool prefixed = file.find(prefix + "wte.weight") != nullptr;
    Decoder decoder = make_decoder(shape, prefixed ? prefix : "", layers);
    // A model that is cut on purpose has further layers, too; one of config.json has not.
    const std::string next =
        shape.gpt2() ? fmt::format("{}h.{}.ln_1.weight", prefixed ? prefix : "", shape.layers)
                     : fmt::format("model.layers.{}.input_layernorm.weight", shape.layers);
    if (file.find(next) != nullptr)
        throw bad_value(shape.file, "number of layers", std::to_string(shape.layers),
                        fmt::format("more: there is {} in {}", next, weights));
    for (const auto& [name, wanted] : decoder.tensors) {
        const TensorView& tensor = file.tensor(name);
        if (tensor.shape != wanted)
            throw bad_value(tensor.file, "tensor " + printable(name), shape_text(tensor.shape),
                            fmt::format("{}, as {} says", shape_text(wanted), shape.file));
    }
    return decoder;
}

}  // namespace tessera::host
