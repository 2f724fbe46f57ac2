// SPDX-License-Identifier: MIT
#include "host/model/decoder_shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/error.h"
#include "host/io/json_text.h"
#include "host/io/mapped_file.h"
#include "host/model/members.h"
#include "host/text.h"

namespace tessera::host {
namespace {

using nlohmann::json;

constexpr uint64_t kMaxConfigBytes = 1 << 22;
constexpr uint32_t kMaxLayers = 1 << 12, kMaxWidth = 1 << 20, kMaxVocabulary = 1 << 24;
constexpr uint32_t kMaxPositions = 1u << 30;
constexpr double kPi = 3.14159265358979323846;

struct Family {
    const char* model_type;
    const char* architecture;
    DecoderFamily family;
};
constexpr Family kFamilies[] = {{"gpt2", "GPT2LMHeadModel", DecoderFamily::kGpt2},
                                {"llama", "LlamaForCausalLM", DecoderFamily::kLlama},
                                {"mistral", "MistralForCausalLM", DecoderFamily::kMistral},
                                {"qwen2", "Qwen2ForCausalLM", DecoderFamily::kQwen2}};

const std::vector<std::pair<std::string, fw::Activation>> kActivationNames = {
    {"relu", fw::Activation::kRelu},         {"silu", fw::Activation::kSilu},
    {"swish", fw::Activation::kSilu},        {"gelu", fw::Activation::kGeluErf},
    {"gelu_new", fw::Activation::kGeluTanh}, {"gelu_pytorch_tanh", fw::Activation::kGeluTanh}};

class ConfigReader {
  public:
    ConfigReader(const std::string& file, const json& root) : root_(root), m_(file, "", root) {
        shape_.file = file;
    }

    DecoderShape shape() {
        read_family();
        if (shape_.gpt2())
            read_gpt2();
        else
            read_llama();
        shape_.vocabulary = m_.count("vocab_size", 1, kMaxVocabulary);
        read_end_tokens();
        refuse_what_is_not_built();
        return shape_;
    }

  private:
    /// Configurations say null for what they do without.
    bool given(const std::string& key) { return m_.has(key) && !root_.at(key).is_null(); }
    uint32_t count_or(const std::string& key, uint32_t high, uint32_t otherwise) {
        return given(key) ? m_.count(key, 1, high) : otherwise;
    }
    bool flag_or(const std::string& key, bool otherwise) {
        return given(key) ? m_.flag(key) : otherwise;
    }

    void read_family() {
        std::vector<std::pair<std::string, const Family*>> types, architectures;
        for (const Family& family : kFamilies) {
            types.emplace_back(family.model_type, &family);
            architectures.emplace_back(family.architecture, &family);
        }
        const Family* family = m_.choice("model_type", types);
        shape_.family = family->family;
        if (!given("architectures")) return;
        const json& names = root_.at("architectures");
        if (names != json::array({family->architecture}))
            m_.refuse("architectures",
                      names.is_array() && names.size() == 1 ? json_excerpt(names[0])
                                                            : json_excerpt(names),
                      fmt::format("{} alone, as model_type {} has it", family->architecture,
                                  family->model_type));
    }

    void read_gpt2() {
        shape_.layers = m_.count("n_layer", 1, kMaxLayers);
        shape_.width = m_.count("n_embd", 1, kMaxWidth);
        shape_.heads = shape_.kv_heads = m_.count("n_head", 1, kMaxWidth);
        if (shape_.width % shape_.heads != 0)
            m_.refuse("n_head", std::to_string(shape_.heads),
                      fmt::format("a divisor of n_embd, {}", shape_.width));
        shape_.head_width = shape_.width / shape_.heads;
        shape_.hidden = count_or("n_inner", kMaxWidth, 4 * shape_.width);
        shape_.positions = m_.count("n_positions", 1, kMaxPositions);
        shape_.norm_epsilon = static_cast<float>(m_.number_or("layer_norm_epsilon", 0, 1, 1e-5));
        shape_.activation =
            m_.choice_or("activation_function", kActivationNames, fw::Activation::kGeluTanh);
        shape_.tied = flag_or("tie_word_embeddings", true);
        shape_.qkv_bias = shape_.output_bias = shape_.mlp_bias = true;
        shape_.windows.assign(shape_.layers, 0);
    }

    void read_llama() {
        shape_.layers = m_.count("num_hidden_layers", 1, kMaxLayers);
        shape_.width = m_.count("hidden_size", 1, kMaxWidth);
        shape_.hidden = m_.count("intermediate_size", 1, kMaxWidth);
        shape_.heads = m_.count("num_attention_heads", 1, kMaxWidth);
        shape_.kv_heads = count_or("num_key_value_heads", kMaxWidth, shape_.heads);
        if (shape_.heads % shape_.kv_heads != 0)
            m_.refuse("num_key_value_heads", std::to_string(shape_.kv_heads),
                      fmt::format("a divisor of num_attention_heads, {}", shape_.heads));
        if (!given("head_dim") && shape_.width % shape_.heads != 0)
            m_.refuse("num_attention_heads", std::to_string(shape_.heads),
                      fmt::format("a divisor of hidden_size, {}, or head_dim", shape_.width));
        shape_.head_width = count_or("head_dim", kMaxWidth, shape_.width / shape_.heads);
        if (shape_.head_width % 2 != 0)
            m_.refuse("head_dim", std::to_string(shape_.head_width),
                      "an even number: rotary positions turn pairs of columns");
        shape_.positions = m_.count("max_position_embeddings", 1, kMaxPositions);
        shape_.norm_epsilon = static_cast<float>(m_.number_or("rms_norm_eps", 0, 1, 1e-6));
        shape_.activation = m_.choice_or("hidden_act", kActivationNames, fw::Activation::kSilu);
        shape_.tied = flag_or("tie_word_embeddings", false);
        const bool qwen2 = shape_.family == DecoderFamily::kQwen2;
        shape_.qkv_bias = qwen2 || flag_or("attention_bias", false);
        shape_.output_bias = !qwen2 && flag_or("attention_bias", false);
        shape_.mlp_bias = flag_or("mlp_bias", false);
        read_rotary();
        read_windows();
    }

    /// `rope_theta` and `rope_scaling`; newer files have both in `rope_parameters`.
    void read_rotary() {
        const char* const place = given("rope_scaling") ? "rope_scaling" : "rope_parameters";
        if (given("rope_theta")) shape_.rotary_base = m_.number("rope_theta", 1, 1e12);
        if (!given(place)) return;
        Members rope(shape_.file, place, root_.at(place));
        shape_.rotary_base = rope.number_or("rope_theta", 1, 1e12, shape_.rotary_base);
        if (rope.number_or("partial_rotary_factor", 0, 1, 1) != 1)
            rope.refuse("partial_rotary_factor",
                        json_excerpt(root_.at(place).at("partial_rotary_factor")), "1");
        const std::string kind = rope.has("rope_type") ? "rope_type" : "type";
        shape_.rotary_scaling =
            rope.choice<RotaryScaling>(kind, {{"default", RotaryScaling::kNone},
                                              {"linear", RotaryScaling::kLinear},
                                              {"llama3", RotaryScaling::kLlama3}});
        if (shape_.rotary_scaling == RotaryScaling::kNone) return;
        shape_.rotary_factor = rope.number("factor", 1, 1e6);
        if (shape_.rotary_scaling == RotaryScaling::kLinear) return;
        shape_.low_frequency_factor = rope.number("low_freq_factor", 1e-3, 1e6);
        shape_.high_frequency_factor = rope.number("high_freq_factor", 1e-3, 1e6);
        shape_.original_positions =
            rope.count("original_max_position_embeddings", 1, kMaxPositions);
        if (shape_.high_frequency_factor <= shape_.low_frequency_factor)
            rope.refuse("high_freq_factor", fmt::format("{}", shape_.high_frequency_factor),
                        fmt::format("more than low_freq_factor, {}", shape_.low_frequency_factor));
    }

    /// `layer_types` names each layer. Without it Mistral's layers all have the window, and Qwen2's
    /// from max_window_layers on, if use_sliding_window. What is missing is as the families' own
    /// programs have it; null is no window.
    void read_windows() {
        constexpr uint32_t kWindow = 4096, kQwen2First = 28;
        shape_.windows.assign(shape_.layers, 0);
        if (shape_.family == DecoderFamily::kLlama) return;
        const bool qwen2 = shape_.family == DecoderFamily::kQwen2;
        if (qwen2 && !flag_or("use_sliding_window", false)) return;
        if (m_.has("sliding_window") && !given("sliding_window")) return;
        const uint32_t window = m_.count_or("sliding_window", 1, kMaxPositions, kWindow);
        if (given("layer_types")) return read_layer_types(window);
        const uint32_t first =
            qwen2 ? m_.count_or("max_window_layers", 0, kMaxLayers, kQwen2First) : 0;
        for (uint32_t i = first; i < shape_.layers; ++i) shape_.windows[i] = window;
    }
    void read_layer_types(uint32_t window) {
        const json& types = root_.at("layer_types");
        const auto refuse = [&] {
            m_.refuse(
                "layer_types", json_excerpt(types),
                fmt::format("a list of {} of full_attention, sliding_attention", shape_.layers));
        };
        if (!types.is_array() || types.size() != shape_.layers) refuse();
        for (uint32_t i = 0; i < shape_.layers; ++i) {
            if (types[i] == "sliding_attention")
                shape_.windows[i] = window;
            else if (types[i] != "full_attention")
                refuse();
        }
    }

    void read_end_tokens() {
        if (!given("eos_token_id")) return;
        const json& ids = root_.at("eos_token_id");
        for (const json& id : ids.is_array() ? ids : json::array({ids})) {
            if (!id.is_number_unsigned() || id.get<uint64_t>() >= shape_.vocabulary)
                m_.refuse("eos_token_id", json_excerpt(ids),
                          fmt::format("tokens, 0 to {}", shape_.vocabulary - 1));
            shape_.end_tokens.push_back(id.get<uint32_t>());
        }
    }

    void refuse_what_is_not_built() {
        if (given("quantization_config"))
            m_.refuse("quantization_config", "given", "weights that are not quantized");
        if (m_.number_or("partial_rotary_factor", 0, 1, 1) != 1)
            m_.refuse("partial_rotary_factor", json_excerpt(root_.at("partial_rotary_factor")),
                      "1");
        if (!flag_or("scale_attn_weights", true)) m_.refuse("scale_attn_weights", "false", "true");
        if (flag_or("scale_attn_by_inverse_layer_idx", false))
            m_.refuse("scale_attn_by_inverse_layer_idx", "true", "false");
        if (flag_or("add_cross_attention", false))
            m_.refuse("add_cross_attention", "true", "false");
    }

    const json& root_;
    Members m_;
    DecoderShape shape_;
};

/// As Llama 3.1: long waves are slowed by the factor, short ones stay, between them a ramp.
double llama3_frequency(const DecoderShape& shape, double frequency) {
    const double turns = shape.original_positions * frequency / (2 * kPi);
    const double ramp = (turns - shape.low_frequency_factor) /
                        (shape.high_frequency_factor - shape.low_frequency_factor);
    const double kept = std::clamp(ramp, 0.0, 1.0);
    return frequency * (kept + (1 - kept) / shape.rotary_factor);
}

}  // namespace

DecoderShape read_decoder_shape(const std::string& file, std::string_view text) {
    return ConfigReader(file, parse_json(file, text)).shape();
}

DecoderShape read_decoder_shape_file(const std::string& path) {
    const MappedFile file(path);
    if (file.bytes() > kMaxConfigBytes)
        throw bad_value(path, "file size", std::to_string(file.bytes()) + " bytes",
                        fmt::format("at most {}", kMaxConfigBytes));
    return read_decoder_shape(path, {reinterpret_cast<const char*>(file.data()), file.bytes()});
}

void require_positions(const DecoderShape& shape, uint64_t rows, bool beyond) {
    if (rows <= shape.positions || (beyond && !shape.gpt2())) return;
    throw bad_value(
        shape.file, "positions", fmt::format("{} needed", with_commas(rows)),
        fmt::format("{}{}", with_commas(shape.positions),
                    shape.gpt2() ? ", which its table has" : ", which it was trained for"));
}

std::vector<float> rotary_frequencies(const DecoderShape& shape) {
    std::vector<float> frequencies;
    for (uint32_t i = 0; i < shape.head_width; i += 2) {
        double frequency = std::pow(shape.rotary_base, -static_cast<double>(i) / shape.head_width);
        if (shape.rotary_scaling == RotaryScaling::kLinear) frequency /= shape.rotary_factor;
        if (shape.rotary_scaling == RotaryScaling::kLlama3)
            frequency = llama3_frequency(shape, frequency);
        frequencies.push_back(static_cast<float>(frequency));
    }
    return frequencies;
}

}  // namespace tessera::host
