// SPDX-License-Identifier: MIT
// The sentence encoder with its pretrained weights: the oracle against numbers of the original
// graph, and embeddings of the device against the oracle.
#include "host/model/sentences.h"

#include <string>
#include <vector>

#include "host/config/config.h"
#include "host/model/model_folder.h"
#include "host/run/bytes.h"
#include "host/run/forked.h"
#include "host/text/unigram.h"
#include "tests/support/compared.h"
#include "tests/support/model_oracle.h"

using namespace tessera;
using test::Compared;
using test::Matrix;
using Layers = test::ModelOracle;

namespace {

constexpr size_t kHeads = 4;

/// sin of all angles of a position, then cos.
Matrix timing(size_t rows, const std::vector<float>& scales) {
    Matrix t(rows, 2 * scales.size());
    for (size_t p = 0; p < rows; ++p)
        for (size_t i = 0; i < scales.size(); ++i) {
            const double angle = double(p) * double{scales[i]};
            t.at(p, i) = std::sin(angle);
            t.at(p, scales.size() + i) = std::cos(angle);
        }
    return t;
}

Matrix attention(const Layers& model, const Matrix& y, const std::string& name) {
    const Matrix qkv = model.linear(y, name + ".qkv_proj", true);
    const size_t columns = qkv.columns / 3;
    return model.linear(
        Layers::attention(Layers::columns(qkv, 0, columns), Layers::columns(qkv, columns, columns),
                          Layers::columns(qkv, 2 * columns, columns), kHeads,
                          [](size_t, size_t) { return true; }),
        name + ".dense", true);
}

/// [1][columns], of length 1.
Matrix exact_embedding(const test::NamedTensors& weights, const std::vector<uint32_t>& tokens) {
    const Layers model(weights);
    const auto norm = [&](const Matrix& x, const std::string& name) {
        return model.norm(x, name, 1e-6, true, false, true);
    };
    const Matrix e = model.embedding(tokens, "embed_tokens");
    Matrix x = Layers::sum(Layers::sum(e, e), timing(e.rows, weights.of("timing.inv_timescale")));
    for (const std::string layer : {"layers.0", "layers.1"}) {
        const Matrix o =
            attention(model, norm(x, layer + ".input_layernorm"), layer + ".self_attn");
        if (layer == "layers.0") x = model.linear(x, "layers.0.residual", true);
        x = Layers::sum(x, o);
        const Matrix h = Layers::map(
            model.linear(norm(x, layer + ".post_attention_layernorm"), layer + ".mlp.fc1", true),
            [](double a) { return a > 0 ? a : 0; });
        x = Layers::sum(x, model.linear(h, layer + ".mlp.fc2", true));
    }
    Matrix mean(1, x.columns);
    for (size_t t = 0; t < x.rows; ++t)
        for (size_t c = 0; c < x.columns; ++c) mean.at(0, c) += x.at(t, c) / double(x.rows);
    Matrix z = Layers::map(model.linear(mean, "head", true), [](double a) { return std::tanh(a); });
    double size = 0;
    for (const double a : z.x) size += a * a;
    return Layers::map(z, [&](double a) { return a / std::sqrt(size); });
}

/// By the device, in a process of its own.
std::vector<float> device_embedding(const host::ModelFolder& folder,
                                    const std::vector<uint32_t>& tokens) {
    const host::Forked forked = host::run_forked([&] {
        host::ResolvedConfig config = host::resolve_config("wide", std::string("ideal"), {});
        config.platform.trace_commands = 0;
        host::Platform platform(config.platform);
        host::ModelRun model(folder.model, folder.open_weights(),
                             {config.platform, config.energy, Precision::kExact}, platform, 1, {});
        host::Packer p;
        p.list(host::embed(model, tokens));
        return p.bytes;
    });
    INFO(forked.failure);
    REQUIRE(forked.failure.empty());
    std::vector<float> embedding;
    host::Unpacker p(forked.bytes);
    p.list(embedding);
    return embedding;
}

double cosine(const std::vector<float>& a, const Matrix& exact) {
    double product = 0, size = 0;
    for (size_t i = 0; i < a.size(); ++i) {
        product += double{a[i]} * exact.x[i];
        size += double{a[i]} * double{a[i]};
    }
    return product / std::sqrt(size);
}

/// More than the 256 tokens that the device attends to at once.
std::string long_text() {
    std::string text;
    for (int i = 0; i < 26; ++i)
        text += "The keeper climbed the stairs, lit lamp " + std::to_string(i) +
                " and waited for ships from the north. ";
    return text;
}

}  // namespace

TEST_CASE("embeddings of real sentences: the original's numbers, and the device near them") {
    const host::ModelFolder folder = host::open_model(test::model_dir() + "/use-lite");
    const host::SafetensorsFile file(folder.weights);
    const test::NamedTensors weights(file);
    const auto vocabulary = host::read_vocabulary(folder.vocabulary(), host::PieceScores::kEach);
    const host::UnigramTokenizer tokenizer(vocabulary);
    Compared original("elements of the original's embedding"), cosines("cosines");
    const std::vector<std::string> texts = {
        "The licenses for most software are designed to take away your freedom to share and change "
        "it.",
        "How old are you?", "What is your age?", "A storm came in from the north.", long_text()};
    for (size_t i = 0; i < texts.size(); ++i) {
        const std::vector<uint32_t> tokens = tokenizer.encode(texts[i]);
        if (i + 1 == texts.size()) REQUIRE(tokens.size() > 256);
        const Matrix exact = exact_embedding(weights, tokens);
        const std::vector<double> first = {-0.065538, -0.068842, 0.024782,
                                           0.030418,  0.004313,  0.009106};
        for (size_t c = 0; i == 0 && c < first.size(); ++c)
            original.holds(std::fabs(exact.x[c] - first[c]) < 2e-6,
                           [&] { return std::to_string(exact.x[c]); });
        const double near = cosine(device_embedding(folder, tokens), exact);
        cosines.holds(near >= 0.9995,
                      [&] { return texts[i].substr(0, 40) + ": " + std::to_string(near); });
        std::printf("cosine 1 - %.2e of %zu tokens\n", 1 - near, tokens.size());
    }
}
