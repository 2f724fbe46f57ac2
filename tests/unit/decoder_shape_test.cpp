// SPDX-License-Identifier: MIT
// Configurations of decoders: what is read, what is refused, rotary frequencies by their formulas;
// and tokens drawn from logits.
#include "host/model/decoder_shape.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "host/error.h"
#include "host/model/decoder.h"
#include "host/model/sampling.h"
#include "tests/support/compared.h"

using namespace tessera;
using test::Compared;
using Json = nlohmann::json;

namespace {

Json llama() {
    return {{"model_type", "llama"},    {"architectures", {"LlamaForCausalLM"}},
            {"num_hidden_layers", 3},   {"hidden_size", 64},
            {"num_attention_heads", 4}, {"num_key_value_heads", 2},
            {"intermediate_size", 100}, {"max_position_embeddings", 2048},
            {"vocab_size", 300},        {"eos_token_id", {7, 9}}};
}
Json gpt2() {
    return {{"model_type", "gpt2"}, {"n_layer", 2},       {"n_embd", 48},
            {"n_head", 3},          {"n_positions", 128}, {"vocab_size", 300},
            {"n_inner", nullptr},   {"eos_token_id", 299}};
}
Json with(Json config, const Json& members) {
    config.update(members);
    return config;
}
host::DecoderShape shape(const Json& config) {
    return host::read_decoder_shape("config.json", config.dump());
}
std::string refusal(const Json& config) {
    try {
        shape(config);
    } catch (const host::UserError& error) {
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("configurations of decoders are read with the defaults of their families") {
    Compared fields("fields");
    const host::DecoderShape l = shape(llama());
    fields.equal(l.head_width, 16u);
    fields.equal(l.kv_heads, 2u);
    fields.equal(l.tied, false);
    fields.equal(l.norm_epsilon, 1e-6f);
    fields.equal(l.end_tokens, std::vector<uint32_t>{7, 9});
    fields.equal(l.cache_bytes_per_token(), uint64_t{3 * 2 * 16 * 2 * 2});
    fields.equal(shape(with(llama(), {{"head_dim", 32}})).head_width, 32u);
    fields.equal(shape(with(llama(), {{"num_key_value_heads", nullptr}})).kv_heads, 4u);
    fields.equal(shape(with(llama(), {{"sliding_window", 8}})).windows, std::vector<uint32_t>(3));
    const host::DecoderShape g = shape(gpt2());
    fields.equal(g.hidden, 192u);
    fields.equal(g.tied, true);
    fields.equal(g.activation == fw::Activation::kGeluTanh, true);
    fields.equal(g.end_tokens, std::vector<uint32_t>{299});
    const Json mistral = with(llama(), {{"model_type", "mistral"},
                                        {"architectures", {"MistralForCausalLM"}},
                                        {"sliding_window", 8}});
    fields.equal(shape(mistral).windows, std::vector<uint32_t>{8, 8, 8});
    fields.equal(shape(with(mistral, {{"layer_types",
                                       {"full_attention", "sliding_attention", "full_attention"}}}))
                     .windows,
                 std::vector<uint32_t>{0, 8, 0});
    Json qwen2 = with(mistral, {{"model_type", "qwen2"}, {"architectures", {"Qwen2ForCausalLM"}}});
    fields.equal(shape(qwen2).windows, std::vector<uint32_t>(3));
    fields.equal(shape(qwen2).qkv_bias, true);
    fields.equal(shape(qwen2).output_bias, false);
    qwen2.update({{"use_sliding_window", true}, {"max_window_layers", 2}});
    fields.equal(shape(qwen2).windows, std::vector<uint32_t>{0, 0, 8});
    qwen2.erase("max_window_layers");
    fields.equal(shape(qwen2).windows, std::vector<uint32_t>(3));
    Json plain = mistral;
    plain.erase("sliding_window");
    fields.equal(shape(plain).windows, std::vector<uint32_t>(3, 4096));
    fields.equal(shape(with(mistral, {{"sliding_window", nullptr}})).windows,
                 std::vector<uint32_t>(3));
}

TEST_CASE("what would change the result and is not built is refused by key and value") {
    Compared messages("messages");
    const auto expect = [&](const Json& config, const std::string& part) {
        const std::string text = refusal(config);
        messages.holds(text.find(part) != std::string::npos,
                       [&] { return "\"" + text + "\" has no \"" + part + "\""; });
    };
    Json without = llama();
    without.erase("hidden_size");
    expect(without, "config.json: hidden_size is missing; allowed: a whole number, 1 to 1048576");
    expect(with(llama(), {{"model_type", "mamba"}}),
           "model_type is mamba; allowed: gpt2, llama, mistral, qwen2");
    expect(with(llama(), {{"architectures", {"LlamaForSequenceClassification"}}}),
           "architectures is \"LlamaForSequenceClassification\"; allowed: LlamaForCausalLM alone");
    expect(with(llama(), {{"hidden_act", "quick_gelu"}}),
           "hidden_act is quick_gelu; allowed: relu");
    expect(with(llama(), {{"rope_scaling", {{"rope_type", "yarn"}, {"factor", 4.0}}}}),
           "rope_scaling.rope_type is yarn; allowed: default, linear, llama3");
    expect(with(llama(), {{"rope_scaling", {{"type", "linear"}}}}),
           "rope_scaling.factor is missing");
    expect(with(llama(), {{"rope_scaling", {{"rope_type", "yarn"}}},
                          {"rope_parameters", {{"rope_type", "default"}}}}),
           "rope_scaling.rope_type is yarn");
    expect(with(llama(),
                {{"rope_parameters", {{"rope_type", "default"}, {"partial_rotary_factor", 0.5}}}}),
           "rope_parameters.partial_rotary_factor is 0.5; allowed: 1");
    expect(with(llama(), {{"quantization_config", Json::object()}}),
           "quantization_config is given");
    expect(with(llama(), {{"partial_rotary_factor", 0.5}}), "partial_rotary_factor is 0.5");
    expect(with(llama(), {{"num_key_value_heads", 3}}),
           "num_key_value_heads is 3; allowed: a divisor of num_attention_heads, 4");
    expect(with(llama(), {{"num_attention_heads", 5}, {"num_key_value_heads", 5}}),
           "num_attention_heads is 5; allowed: a divisor of hidden_size, 64, or head_dim");
    expect(with(llama(), {{"head_dim", 15}}), "head_dim is 15; allowed: an even number");
    expect(with(llama(), {{"num_hidden_layers", 0}}), "num_hidden_layers is 0");
    expect(with(llama(), {{"num_hidden_layers", -2}}), "num_hidden_layers is -2");
    expect(with(llama(), {{"eos_token_id", 300}}),
           "eos_token_id is 300; allowed: tokens, 0 to 299");
    expect(with(llama(), {{"rms_norm_eps", "1e-5"}}), "rms_norm_eps is \"1e-5\"");
    expect(with(gpt2(), {{"n_head", 5}}), "n_head is 5; allowed: a divisor of n_embd, 48");
    expect(with(gpt2(), {{"scale_attn_by_inverse_layer_idx", true}}),
           "scale_attn_by_inverse_layer_idx is true");
    expect(with(gpt2(), {{"add_cross_attention", true}}), "add_cross_attention is true");
    expect(Json::array(), "allowed: a JSON object");
}

TEST_CASE("rotary frequencies follow their formulas, scaled as Llama 3.1 or by one factor") {
    Compared frequencies("frequencies");
    const auto near = [&](const std::vector<float>& actual, size_t i, double exact) {
        frequencies.holds(std::abs(double{actual[i]} - exact) <= 1e-7 * exact,
                          [&] { return std::to_string(i) + ": " + std::to_string(actual[i]); });
    };
    const Json wide = with(llama(), {{"head_dim", 128}, {"rope_theta", 500000.0}});
    const Json linear = with(wide, {{"rope_scaling", {{"type", "linear"}, {"factor", 4.0}}}});
    const Json scaled = with(wide, {{"rope_parameters",
                                     {{"rope_type", "llama3"},
                                      {"rope_theta", 500000.0},
                                      {"factor", 8.0},
                                      {"low_freq_factor", 1.0},
                                      {"high_freq_factor", 4.0},
                                      {"original_max_position_embeddings", 8192}}}});
    const auto plain = host::rotary_frequencies(shape(wide));
    const auto slowed = host::rotary_frequencies(shape(linear));
    const auto llama3 = host::rotary_frequencies(shape(scaled));
    REQUIRE(plain.size() == 64);
    for (size_t i = 0; i < plain.size(); ++i) {
        const double exact = 1 / std::pow(500000.0, 2.0 * double(i) / 128);
        near(plain, i, exact);
        near(slowed, i, exact / 4);
        const double wave = 2 * std::acos(-1.0) / exact;
        if (wave < 8192.0 / 4)
            near(llama3, i, exact);
        else if (wave > 8192.0 / 1)
            near(llama3, i, exact / 8);
        else {
            const double smooth = (8192 / wave - 1) / (4 - 1);
            near(llama3, i, (1 - smooth) * exact / 8 + smooth * exact);
        }
    }
}

TEST_CASE("tokens are drawn as often as their probabilities say, among those that are allowed") {
    Compared counts("counts of tokens");
    const std::vector<float> logits = {1, 3, -2, 3, 2.5f, 0};
    const auto check = [&](host::Sampling sampling, const std::vector<double>& weights) {
        constexpr int kDraws = 20000;
        host::Sampler sampler(sampling);
        std::vector<int> drawn(logits.size());
        for (int i = 0; i < kDraws; ++i) ++drawn[sampler.choose(logits)];
        double sum = 0;
        for (const double w : weights) sum += w;
        for (size_t i = 0; i < logits.size(); ++i) {
            const double p = weights[i] / sum, spread = 5 * std::sqrt(kDraws * p * (1 - p));
            counts.holds(std::abs(drawn[i] - kDraws * p) <= spread,
                         [&] { return std::to_string(i) + ": " + std::to_string(drawn[i]); });
        }
    };
    std::vector<double> e;
    e.reserve(logits.size());
    for (const float l : logits) e.push_back(std::exp(double{l} / 1.5));
    check({1.5, 0, 1, 3}, e);
    check({1.5, 3, 1, 4}, {0, e[1], 0, e[3], e[4], 0});
    check({1.5, 1, 1, 5}, {0, 1, 0, 0, 0, 0});  // of equals the first
    const double all = e[0] + e[1] + e[2] + e[3] + e[4] + e[5];
    const double two = (e[1] + e[3]) / all;
    check({1.5, 0, two - 1e-3, 6}, {0, e[1], 0, e[3], 0, 0});
    check({1.5, 0, two + 1e-3, 7}, {0, e[1], 0, e[3], e[4], 0});
    host::Sampler best(host::Sampling{});
    counts.equal(best.choose(logits), 1u);
    host::Sampler one(host::Sampling{0.7, 0, 1, 11}), same(host::Sampling{0.7, 0, 1, 11});
    for (int i = 0; i < 50; ++i) counts.equal(one.choose(logits), same.choose(logits));
}
