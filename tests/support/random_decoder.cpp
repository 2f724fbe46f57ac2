// SPDX-License-Identifier: MIT
#include "tests/support/random_decoder.h"

#include <fstream>

namespace tessera::test {
namespace {

using Json = nlohmann::json;

constexpr double kEpsilon = 1e-5, kBase = 10000;

double gelu_tanh(double x) {
    return x / 2 * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x)));
}

void write_tensors(const std::string& path, const std::map<std::string, NamedTensor>& tensors,
                   const std::vector<std::string>& names) {
    std::vector<host::TensorSpec> specs;
    specs.reserve(names.size());
    for (const std::string& name : names)
        specs.push_back({name, host::Dtype::kF32, tensors.at(name).shape});
    host::SafetensorsWriter writer(path, specs, {});
    for (const std::string& name : names)
        writer.write(name, 0, tensors.at(name).elements.data(), tensors.at(name).elements.size());
    writer.commit();
}

}  // namespace

RandomDecoder::RandomDecoder(const DecoderDims& dims, std::mt19937_64& random) : dims_(dims) {
    const size_t width = dims.width(), kv = dims.kv_heads * dims.head;
    matrix(dims.gpt2() ? "wte.weight" : "model.embed_tokens.weight", dims.vocabulary, width,
           random);
    if (dims.gpt2()) matrix("wpe.weight", dims.positions, width, random);
    for (size_t i = 0; i < dims.layers; ++i) {
        const std::string n = std::to_string(i);
        if (dims.gpt2()) {
            const std::string at = "h." + n + ".";
            for (const char* name : {"ln_1", "ln_2"}) {
                row(at + name + ".weight", width, 1, random);
                row(at + name + ".bias", width, 0, random);
            }
            linear_tensors(at + "attn.c_attn", width, 3 * width, true, random);
            linear_tensors(at + "attn.c_proj", width, width, true, random);
            linear_tensors(at + "mlp.c_fc", width, dims.hidden, true, random);
            linear_tensors(at + "mlp.c_proj", dims.hidden, width, true, random);
            continue;
        }
        const std::string at = "model.layers." + n + ".";
        const bool bias = dims.type == "qwen2";
        row(at + "input_layernorm.weight", width, 1, random);
        row(at + "post_attention_layernorm.weight", width, 1, random);
        linear_tensors(at + "self_attn.q_proj", width, width, bias, random);
        linear_tensors(at + "self_attn.k_proj", width, kv, bias, random);
        linear_tensors(at + "self_attn.v_proj", width, kv, bias, random);
        linear_tensors(at + "self_attn.o_proj", width, width, false, random);
        linear_tensors(at + "mlp.gate_proj", width, dims.hidden, false, random);
        linear_tensors(at + "mlp.up_proj", width, dims.hidden, false, random);
        linear_tensors(at + "mlp.down_proj", dims.hidden, width, false, random);
    }
    row(dims.gpt2() ? "ln_f.weight" : "model.norm.weight", width, 1, random);
    if (dims.gpt2()) row("ln_f.bias", width, 0, random);
    if (!dims.tied) matrix("lm_head.weight", dims.vocabulary, width, random);
}

/// Numbers that bf16 has.
void RandomDecoder::matrix(const std::string& name, size_t rows, size_t columns,
                           std::mt19937_64& random) {
    NamedTensor& tensor = tensors_[name];
    tensor.shape = {rows, columns};
    for (size_t i = 0; i < rows * columns; ++i)
        tensor.elements.push_back((static_cast<float>(random() % 255) - 127) / 512);
}

void RandomDecoder::row(const std::string& name, size_t columns, double mean,
                        std::mt19937_64& random) {
    std::normal_distribution<double> normal(mean, 0.2);
    NamedTensor& tensor = tensors_[name];
    tensor.shape = {columns};
    for (size_t i = 0; i < columns; ++i)
        tensor.elements.push_back(static_cast<float>(normal(random)));
}

/// GPT-2 has [inputs][outputs], the others the transpose.
void RandomDecoder::linear_tensors(const std::string& name, size_t inputs, size_t outputs,
                                   bool bias, std::mt19937_64& random) {
    const bool gpt2 = dims_.gpt2();
    matrix(name + ".weight", gpt2 ? inputs : outputs, gpt2 ? outputs : inputs, random);
    if (bias) row(name + ".bias", outputs, 0, random);
}

Json RandomDecoder::config() const {
    const DecoderDims& d = dims_;
    if (d.gpt2())
        return {{"model_type", "gpt2"},
                {"architectures", {"GPT2LMHeadModel"}},
                {"n_layer", d.layers},
                {"n_embd", d.width()},
                {"n_head", d.heads},
                {"n_inner", d.hidden},
                {"n_positions", d.positions},
                {"layer_norm_epsilon", kEpsilon},
                {"vocab_size", d.vocabulary},
                {"activation_function", "gelu_new"},
                {"tie_word_embeddings", d.tied}};
    Json config = {{"model_type", d.type},
                   {"num_hidden_layers", d.layers},
                   {"hidden_size", d.width()},
                   {"num_attention_heads", d.heads},
                   {"num_key_value_heads", d.kv_heads},
                   {"intermediate_size", d.hidden},
                   {"max_position_embeddings", d.positions},
                   {"rms_norm_eps", kEpsilon},
                   {"rope_theta", kBase},
                   {"rope_scaling", nullptr},
                   {"hidden_act", "silu"},
                   {"vocab_size", d.vocabulary},
                   {"tie_word_embeddings", d.tied}};
    if (d.window != 0) config["sliding_window"] = d.window;
    if (d.window != 0 && d.type == "qwen2")
        config.update({{"use_sliding_window", true}, {"max_window_layers", 1}});
    return config;
}

void RandomDecoder::write_config(const std::string& folder, const Json& config) const {
    std::ofstream(folder + "/config.json") << config.dump(2) << "\n";
}

void RandomDecoder::write(const std::string& folder, bool shards) const {
    write_config(folder, config());
    std::vector<std::string> names[2];
    Json index = {{"metadata", Json::object()}, {"weight_map", Json::object()}};
    for (const auto& [name, tensor] : tensors_) {
        const size_t shard = shards ? index["weight_map"].size() % 2 : 0;
        names[shard].push_back(name);
        index["weight_map"][name] = "part-" + std::to_string(shard) + ".safetensors";
    }
    if (!shards) return write_tensors(folder + "/model.safetensors", tensors_, names[0]);
    for (size_t i = 0; i < 2; ++i)
        write_tensors(folder + "/part-" + std::to_string(i) + ".safetensors", tensors_, names[i]);
    std::ofstream(folder + "/model.safetensors.index.json") << index.dump();
}

std::vector<uint32_t> RandomDecoder::random_tokens(size_t count, std::mt19937_64& random) const {
    std::vector<uint32_t> tokens(count);
    for (uint32_t& token : tokens) token = static_cast<uint32_t>(random() % dims_.vocabulary);
    return tokens;
}

Matrix RandomDecoder::linear(const Matrix& x, const std::string& name) const {
    const NamedTensor& w = tensors_.at(name + ".weight");
    const bool gpt2 = dims_.gpt2() && name != "lm_head";
    const size_t outputs = w.shape[gpt2 ? 1 : 0];
    Matrix y(x.rows, outputs);
    const auto bias = tensors_.find(name + ".bias");
    for (size_t t = 0; t < x.rows; ++t)
        for (size_t o = 0; o < outputs; ++o) {
            if (bias != tensors_.end()) y.at(t, o) = double{bias->second.elements[o]};
            for (size_t i = 0; i < x.columns; ++i)
                y.at(t, o) +=
                    x.at(t, i) * double{w.elements[gpt2 ? i * outputs + o : o * x.columns + i]};
        }
    return y;
}

/// GPT-2 has mean and variance, the others the root mean square alone.
Matrix RandomDecoder::norm(const Matrix& x, const std::string& name) const {
    const auto& weight = tensors_.at(name + ".weight").elements;
    Matrix y(x.rows, x.columns);
    for (size_t t = 0; t < x.rows; ++t) {
        double mean = 0, square = 0;
        for (size_t i = 0; dims_.gpt2() && i < x.columns; ++i)
            mean += x.at(t, i) / double(x.columns);
        for (size_t i = 0; i < x.columns; ++i)
            square += std::pow(x.at(t, i) - mean, 2) / double(x.columns);
        for (size_t i = 0; i < x.columns; ++i) {
            y.at(t, i) = (x.at(t, i) - mean) / std::sqrt(square + kEpsilon) * double{weight[i]};
            if (dims_.gpt2()) y.at(t, i) += double{tensors_.at(name + ".bias").elements[i]};
        }
    }
    return y;
}

/// Column i of a head and column i + half turn by t base^(-i / half).
Matrix RandomDecoder::rotated(const Matrix& x, size_t heads) const {
    Matrix y = x;
    const size_t half = dims_.head / 2;
    for (size_t t = 0; t < x.rows; ++t)
        for (size_t h = 0; h < heads; ++h)
            for (size_t i = 0; i < half; ++i) {
                const double angle = double(t) * std::pow(kBase, -double(i) / double(half));
                const size_t a = h * dims_.head + i, b = a + half;
                y.at(t, a) = x.at(t, a) * std::cos(angle) - x.at(t, b) * std::sin(angle);
                y.at(t, b) = x.at(t, b) * std::cos(angle) + x.at(t, a) * std::sin(angle);
            }
    return y;
}

/// Query heads share keys and values in groups of neighbours.
Matrix RandomDecoder::attention(const Matrix& q, const Matrix& k, const Matrix& v) const {
    const size_t width = dims_.head, group = dims_.heads / (k.columns / width);
    Matrix o(q.rows, q.columns);
    for (size_t h = 0; h < dims_.heads; ++h)
        for (size_t i = 0; i < q.rows; ++i) {
            const size_t from = dims_.window == 0 || i < dims_.window ? 0 : i - dims_.window + 1;
            std::vector<double> p;
            double sum = 0;
            for (size_t j = from; j <= i; ++j) {
                double s = 0;
                for (size_t c = 0; c < width; ++c)
                    s += q.at(i, h * width + c) * k.at(j, h / group * width + c);
                p.push_back(std::exp(s / std::sqrt(double(width))));
                sum += p.back();
            }
            for (size_t j = from; j <= i; ++j)
                for (size_t c = 0; c < width; ++c)
                    o.at(i, h * width + c) += p[j - from] / sum * v.at(j, h / group * width + c);
        }
    return o;
}

Matrix RandomDecoder::gpt2_layer(Matrix x, const std::string& at) const {
    const size_t width = dims_.width();
    const Matrix qkv = linear(norm(x, at + "ln_1"), at + "attn.c_attn");
    const auto part = [&](size_t i) { return ModelOracle::columns(qkv, i * width, width); };
    x = ModelOracle::sum(x, linear(attention(part(0), part(1), part(2)), at + "attn.c_proj"));
    const Matrix h = linear(norm(x, at + "ln_2"), at + "mlp.c_fc");
    return ModelOracle::sum(x, linear(ModelOracle::map(h, gelu_tanh), at + "mlp.c_proj"));
}

Matrix RandomDecoder::llama_layer(Matrix x, const std::string& at) const {
    Matrix y = norm(x, at + "input_layernorm");
    const Matrix q = rotated(linear(y, at + "self_attn.q_proj"), dims_.heads);
    const Matrix k = rotated(linear(y, at + "self_attn.k_proj"), dims_.kv_heads);
    const Matrix o = attention(q, k, linear(y, at + "self_attn.v_proj"));
    x = ModelOracle::sum(x, linear(o, at + "self_attn.o_proj"));
    y = norm(x, at + "post_attention_layernorm");
    const Matrix gate = ModelOracle::map(linear(y, at + "mlp.gate_proj"), silu);
    y = ModelOracle::times(linear(y, at + "mlp.up_proj"), gate);
    return ModelOracle::sum(x, linear(y, at + "mlp.down_proj"));
}

/// The windows of the test's Qwen2 begin in layer 1, as its configuration says.
Matrix RandomDecoder::logits(const std::vector<uint32_t>& tokens) const {
    const std::string table = dims_.gpt2() ? "wte" : "model.embed_tokens";
    Matrix x(tokens.size(), dims_.width());
    for (size_t t = 0; t < x.rows; ++t)
        for (size_t c = 0; c < x.columns; ++c) {
            const auto element = [&](const std::string& name, size_t row) {
                return double{tensors_.at(name).elements[row * x.columns + c]};
            };
            x.at(t, c) = element(table + ".weight", tokens[t]);
            if (dims_.gpt2()) x.at(t, c) += element("wpe.weight", t);
        }
    for (size_t i = 0; i < dims_.layers; ++i) {
        if (dims_.gpt2()) {
            x = gpt2_layer(x, "h." + std::to_string(i) + ".");
            continue;
        }
        RandomDecoder layer = *this;
        if (i == 0 && dims_.type == "qwen2") layer.dims_.window = 0;
        x = layer.llama_layer(x, "model.layers." + std::to_string(i) + ".");
    }
    x = norm(x, dims_.gpt2() ? "ln_f" : "model.norm");
    if (!dims_.tied) return linear(x, "lm_head");
    const NamedTensor& embedding = tensors_.at(table + ".weight");
    Matrix y(x.rows, dims_.vocabulary);
    for (size_t t = 0; t < x.rows; ++t)
        for (size_t o = 0; o < y.columns; ++o)
            for (size_t c = 0; c < x.columns; ++c)
                y.at(t, o) += x.at(t, c) * double{embedding.elements[o * x.columns + c]};
    return y;
}

}  // namespace tessera::test
