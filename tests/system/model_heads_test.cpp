// SPDX-License-Identifier: MIT
// Heads that see different keys: windows, first keys and strides on heads that are no neighbours,
// against the model in double precision, and pairs against a count by definition.
#include <functional>

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

constexpr size_t kColumns = 24, kWidth = 3, kHeads = kColumns / kWidth, kVocabulary = 30;

/// Self-attention of 8 heads; `kv` of keys and values.
std::string description(size_t kv, bool causal) {
    const std::string heads = std::to_string(kv);
    return R"({"format": "tessera-model-1", "name": "heads", "graphs": {
      "decoder": {"inputs": {"tokens": {"type": "indices"}}, "layers": [
        {"layer": "embedding", "name": "embed", "input": "tokens", "output": "x"},
        {"layer": "linear", "name": "q", "input": "x", "output": "q", "heads": 8},
        {"layer": "linear", "name": "k", "input": "x", "output": "k", "append": true, "heads": )" +
           heads + R"(},
        {"layer": "linear", "name": "v", "input": "x", "output": "v", "append": true, "heads": )" +
           heads + R"(},
        {"layer": "attention", "name": "attention", "queries": "q", "keys": "k", "values": "v",
         "output": "o", "causal": )" +
           (causal ? "true" : "false") + R"(},
        {"layer": "linear", "name": "logits", "input": "o", "output": "logits", "keep": true},
        {"layer": "argmax", "name": "argmax", "input": "logits", "output": "next", "keep": true}
      ]}}})";
}

/// What a head sees, from its numbers.
struct Sight {
    size_t window = 0, sinks = 0, stride = 1;
    bool causal = false;

    bool operator()(size_t i, size_t j) const {
        const size_t distance = i > j ? i - j : j - i;
        if (causal && j > i) return false;
        if (stride != 1) return j % stride == 0;
        if (window == 0 && sinks == 0) return true;
        return (window != 0 && distance < window) || j < sinks;
    }
};

/// Some kinds of sights, dealt to the heads, and the settings that say so.
std::vector<Sight> random_sights(std::mt19937_64& random, bool causal,
                                 std::vector<std::string>& settings) {
    std::vector<Sight> sights(kHeads);
    const auto number = [&] { return size_t{1 + random() % 9}; };
    for (size_t head = 0; head < kHeads; ++head) {
        Sight& sight = sights[head];
        sight = head >= 2 && random() % 3 != 0 ? sights[random() % head] : Sight();
        sight.causal = causal;
        const bool fresh = head < 2 || (sight.window == 0 && sight.sinks == 0 && sight.stride == 1);
        if (fresh && random() % 4 != 0) {
            const uint64_t kind = random() % (causal ? 2 : 3);
            sight.window = kind == 2 ? 0 : number();
            sight.sinks = kind == 1 ? number() : 0;
            sight.stride = kind == 2 ? number() + 1 : 1;
        }
        const auto say = [&](const char* key, size_t value, size_t none) {
            if (value != none)
                settings.push_back("layers.att*.heads." + std::to_string(head) + "." + key + "=" +
                                   std::to_string(value));
        };
        say("window", sight.window, 0);
        say("sinks", sight.sinks, 0);
        say("stride", sight.stride, 1);
    }
    return sights;
}

Matrix exact_logits(const test::RandomWeights& weights, const std::vector<uint32_t>& ids, size_t kv,
                    const std::vector<Sight>& sights) {
    const Layers model(weights);
    const Matrix x = model.embedding(ids, "embed");
    const Matrix q = model.linear(x, "q", false), k = model.linear(x, "k", false),
                 v = model.linear(x, "v", false);
    Matrix o(ids.size(), kColumns);
    for (size_t h = 0; h < kHeads; ++h) {
        const size_t from = h / (kHeads / kv) * kWidth;
        const Matrix head = Layers::attention(
            Layers::columns(q, h * kWidth, kWidth), Layers::columns(k, from, kWidth),
            Layers::columns(v, from, kWidth), 1, std::cref(sights[h]));
        for (size_t t = 0; t < ids.size(); ++t)
            for (size_t c = 0; c < kWidth; ++c) o.at(t, h * kWidth + c) = head.at(t, c);
    }
    return model.linear(o, "logits", false);
}

}  // namespace

TEST_CASE("heads that see different keys: windows, first keys and strides of any heads") {
    auto random = test::test_random();
    Compared steps("elements of steps"), logits("logits"), pairs("pairs");
    const test::Scratch scratch;
    const std::string file = scratch / "model.safetensors";
    for (int run = 0; run < 24; ++run) {
        const char* device = run % 3 == 0 ? "tiny" : run % 3 == 1 ? "odd" : "small";
        const size_t kv = run % 4 == 3 ? 2 : kHeads;
        const bool causal = run % 2 == 1;
        test::RandomWeights weights(random);
        weights.matrix("embed", kVocabulary, kColumns);
        weights.matrix("q", kColumns, kColumns);
        for (const char* name : {"k", "v"}) weights.matrix(name, kColumns, kv * kWidth);
        weights.matrix("logits", kColumns, kVocabulary);
        // Scores that matter.
        for (const char* name : {"q", "k"})
            weights.fill(std::string(name) + ".weight_scale", 0.02f);
        weights.write(file);
        std::vector<uint32_t> ids(20 + random() % 40);
        for (uint32_t& id : ids) id = static_cast<uint32_t>(random() % kVocabulary);
        std::vector<std::string> settings;
        const std::vector<Sight> sights = random_sights(random, causal, settings);
        const std::string model = description(kv, causal);
        test::ModelCase one{model.c_str(), "decoder", "logits", file, test::platform_of(device)};
        one.settings = settings;
        // Under a causal mask the rest may come token by token, against a cache.
        const size_t first = causal ? 1 + random() % ids.size() : ids.size();
        const test::ModelEnd end = test::run_model(one, test::in_parts(ids, first));
        const auto where = [&] { return std::string(device) + ", run " + std::to_string(run); };
        steps.add(end.checked, end.outside, where);
        const Matrix exact = exact_logits(weights, ids, kv, sights);
        REQUIRE(end.output.size() == exact.x.size());
        const double error = test::relative_error(end.output, exact.x.data());
        logits.add(exact.x.size(), error < 0.02 ? 0 : 1,
                   [&] { return where() + ": relative error " + std::to_string(error); });
        uint64_t described = 0, seen = 0;
        for (const Sight& sight : sights)
            for (size_t i = 0; i < ids.size(); ++i)
                for (size_t j = 0; j < ids.size(); ++j) {
                    described += !causal || j <= i;
                    seen += sight(i, j);
                }
        pairs.equal(end.pairs, described, where);
        pairs.equal(end.pairs_seen, seen, where);
    }
}

TEST_CASE("settings that say what a layer does anyway change no bit and no cycle") {
    auto random = test::test_random();
    Compared values("values"), costs("costs of layers");
    const test::Scratch scratch;
    const std::string file = scratch / "model.safetensors";
    for (const char* device : {"tiny", "odd", "small"}) {
        const test::RandomWeights weights = test::encoder_weights(random);
        weights.write(file);
        std::vector<float> audio(1500 + random() % 500);
        for (float& x : audio) x = static_cast<float>(random() % 61) - 30;
        test::ModelCase model{test::kEncoderModel, "encoder", "mean", file,
                              test::platform_of(device)};
        const test::ModelInputs inputs = {{"audio", host::numbers_of(audio, audio.size(), 1)}};
        const test::ModelEnd plain = test::run_model(model, inputs);
        model.settings = {"layers.*.stride=3", "layers.attention.heads.0-1.window=5"};
        const test::ModelEnd same = test::run_model(model, inputs);
        values.equal(same.output == plain.output, true);
        costs.equal(same.costs == plain.costs, true);
        values.equal(same.pairs_seen, plain.pairs);
    }
}
