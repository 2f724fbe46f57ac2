// SPDX-License-Identifier: MIT
// Whole models with random weights on the device: every step within its bound of double precision,
// outputs near the model in double precision throughout, tokens one by one as all at once.

#include "tests/support/compared.h"
#include "tests/support/model_oracle.h"
#include "tests/support/program_chain.h"
#include "tests/support/random_model.h"
#include "tests/support/scratch.h"

using namespace tessera;
using test::Compared;
using test::Matrix;
using Layers = test::ModelOracle;

namespace {

constexpr size_t kHeads = test::kModelHeads, kColumns = test::kModelColumns,
                 kHidden = test::kModelHidden, kVocabulary = test::kModelVocabulary;

/// The decoder's logits for all tokens.
Matrix exact_logits(const test::RandomWeights& weights, const std::vector<uint32_t>& tokens) {
    const Layers model(weights);
    const auto causal = [](size_t i, size_t j) { return j <= i; };
    Matrix x = model.embedding(tokens, "embed");
    for (size_t i = 0; i < test::kModelLayers; ++i) {
        const std::string n = "." + std::to_string(i);
        Matrix y = model.norm(x, "norm1" + n, 1e-5, false, false, false);
        const Matrix q = model.rotary(model.linear(y, "q" + n, false), kHeads, "frequencies");
        const Matrix k = model.rotary(model.linear(y, "k" + n, true), kHeads, "frequencies");
        const Matrix o = Layers::attention(q, k, model.linear(y, "v" + n, false), kHeads, causal);
        x = Layers::sum(x, model.linear(o, "dense" + n, false));
        y = model.norm(x, "norm2" + n, 1e-5, true, false, true);
        const Matrix u = model.linear(y, "up" + n, true);
        const Matrix gate = Layers::map(Layers::columns(u, kHidden, kHidden), test::silu);
        y = Layers::times(Layers::columns(u, 0, kHidden), gate);
        x = Layers::sum(x, model.linear(y, "down" + n, true));
    }
    return model.linear(x, "logits", false);
}

Matrix exact_mean(const test::RandomWeights& weights, const std::vector<float>& audio) {
    const Layers model(weights);
    Matrix x(audio.size(), 1);
    for (size_t i = 0; i < audio.size(); ++i) x.x[i] = double{audio[i]};
    x = Layers::map(model.linear(x, "conv1", false, 13, 32), [](double a) { return std::tanh(a); });
    x = model.norm(x, "group", 1e-5, true, true, true);
    x = Layers::map(model.linear(x, "conv2", true, 3, 2), test::gelu);
    const Matrix qkv = model.linear(x, "qkv", true);
    const auto window = [](size_t i, size_t j) { return (i > j ? i - j : j - i) < 5; };
    const Matrix o = Layers::attention(
        Layers::columns(qkv, 0, kColumns), Layers::columns(qkv, kColumns, kColumns),
        Layers::columns(qkv, 2 * kColumns, kColumns), kHeads, window);
    Matrix mean(1, kColumns);
    for (size_t t = 0; t < x.rows; ++t)
        for (size_t c = 0; c < kColumns; ++c)
            mean.at(0, c) += (2 * o.at(t, c) + x.at(t, c)) / double(x.rows);
    return mean;
}

}  // namespace

TEST_CASE("a decoder with a cache: all tokens at once, or one by one behind the first ones") {
    auto random = test::test_random();
    Compared steps("elements of steps"), logits("logits"), tokens("tokens");
    const test::Scratch scratch;
    for (const char* device : {"tiny", "odd", "small"})
        for (const Precision precision : {Precision::kExact, Precision::kRounded}) {
            const test::RandomWeights weights = test::decoder_weights(random);
            const std::string file = scratch / "model.safetensors";
            weights.write(file);
            std::vector<uint32_t> ids(20 + random() % 20);
            for (uint32_t& id : ids) id = static_cast<uint32_t>(random() % kVocabulary);
            const Matrix exact = exact_logits(weights, ids);
            for (const size_t first : {ids.size(), size_t{1 + random() % 15}}) {
                const test::ModelEnd end =
                    test::run_model({test::kDecoderModel, "decoder", "logits", file,
                                     test::platform_of(device), precision},
                                    test::in_parts(ids, first));
                steps.add(end.checked, end.outside, [&] { return std::string(device); });
                REQUIRE(end.output.size() == exact.x.size());
                const double error = test::relative_error(end.output, exact.x.data());
                logits.add(exact.x.size(), error < 0.02 ? 0 : 1, [&] {
                    return std::string(device) + ": relative error " + std::to_string(error);
                });
                for (size_t t = 0; t < ids.size(); ++t) {
                    const auto row = end.output.begin() + static_cast<ptrdiff_t>(t * kVocabulary);
                    const auto best = std::max_element(row, row + kVocabulary) - row;
                    tokens.equal(end.next[t], static_cast<float>(best));
                }
            }
        }
}

TEST_CASE(
    "an encoder: convolutions over time, a whole norm, parts of a product, a window, a mean") {
    auto random = test::test_random();
    Compared steps("elements of steps"), means("means");
    const test::Scratch scratch;
    for (const char* device : {"tiny", "small"}) {
        const test::RandomWeights w = test::encoder_weights(random);
        const std::string file = scratch / "model.safetensors";
        w.write(file);
        std::normal_distribution<float> normal(0, 30);
        std::vector<float> audio(1500 + random() % 500);
        for (float& x : audio) x = std::round(normal(random));
        const Matrix exact = exact_mean(w, audio);
        const test::ModelEnd end = test::run_model(
            {test::kEncoderModel, "encoder", "mean", file, test::platform_of(device)},
            {{"audio", host::numbers_of(audio, audio.size(), 1)}});
        steps.add(end.checked, end.outside, [&] { return std::string(device); });
        REQUIRE(end.output.size() == exact.x.size());
        const double error = test::relative_error(end.output, exact.x.data());
        means.add(exact.x.size(), error < 0.02 ? 0 : 1, [&] {
            return std::string(device) + ": relative error " + std::to_string(error);
        });
    }
}

TEST_CASE(
    "timing only: steps alike are simulated once, and every layer costs what it does with data") {
    auto random = test::test_random();
    Compared costs("costs of layers");
    const test::Scratch scratch;
    for (const char* device : {"tiny", "odd", "small"})
        for (const Precision precision : {Precision::kExact, Precision::kRounded}) {
            const test::RandomWeights weights = test::decoder_weights(random);
            const std::string file = scratch / "model.safetensors";
            weights.write(file);
            test::ModelCase model{test::kDecoderModel,       "decoder", "logits", file,
                                  test::platform_of(device), precision};
            std::vector<uint32_t> ids(30 + random() % 30);
            for (uint32_t& id : ids) id = static_cast<uint32_t>(random() % kVocabulary);
            const test::ModelInputs inputs = test::in_parts(ids, 1 + random() % 10);
            const std::vector<uint64_t> with_data = test::run_model(model, inputs).costs;
            model.platform.timing_only = true;
            model.platform.trace_commands = 0;
            const std::vector<uint64_t> alike = test::run_model(model, inputs).costs;
            model.step_times = false;
            const std::vector<uint64_t> all = test::run_model(model, inputs).costs;
            REQUIRE((alike.size() == with_data.size() && all.size() == with_data.size()));
            for (size_t i = 0; i < with_data.size(); ++i) {
                const auto at = [&] {
                    return std::string(device) + ", layer " + std::to_string(i / 5) + ", cost " +
                           std::to_string(i % 5);
                };
                costs.equal(alike[i], with_data[i], at);
                costs.equal(all[i], with_data[i], at);
            }
        }
}
