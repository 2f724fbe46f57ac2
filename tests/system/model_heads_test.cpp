// SPDX-License-Identifier: MIT
// Heads that see different keys: terms of masks, strides, rules and covers on heads that are no
// neighbours, against the model in double precision, and pairs against a count by definition.
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

/// What a head sees, from its numbers. By the rule sink+window that is the query's own tile of
/// `tile` tokens and `tiles` others: the first one, those before the own one backwards, those
/// behind it.
struct Sight {
    size_t window = 0, sinks = 0, prefix = 0, block = 0, summary = 0, stride = 1;
    size_t tiles = 0, tile = 0;
    size_t first = 0;  ///< rows that come together: none of them is there without the others
    bool causal = false;

    bool all() const {
        return window + sinks + prefix + block + summary + tiles == 0 && stride == 1;
    }
    bool operator()(size_t i, size_t j) const {
        const size_t distance = i > j ? i - j : j - i;
        if (j < prefix && (j <= i || j < first)) return true;
        if (causal && j > i) return false;
        if (stride != 1) return j % stride == 0;
        if (tiles != 0) return sees_tile(i / tile, j / tile);
        if (window == 0 && sinks == 0 && block == 0) return true;
        const bool near = window != 0 && distance < window;
        const bool own = block != 0 && i / block == j / block;
        const bool told = summary != 0 && j / block < i / block && j % block >= block - summary;
        return near || own || told || j < sinks;
    }

  private:
    bool sees_tile(size_t own, size_t other) const {
        const size_t earlier = other == 0 ? 0 : own - other, later = other - 1;
        return other == own || (other < own ? earlier : later) < tiles;
    }
};

/// A new kind of sight.
Sight random_sight(std::mt19937_64& random, bool causal) {
    const auto number = [&] { return size_t{1 + random() % 9}; };
    Sight sight;
    sight.causal = causal;
    switch (random() % 6) {
        case 0: sight.window = number(); break;
        case 1: sight.sinks = number(); [[fallthrough]];
        case 2: sight.window = number(); break;
        case 3: sight.block = size_t{1} << random() % 5; break;
        case 4:
            if (causal)
                sight.prefix = number(), sight.window = number();
            else
                sight.stride = number() + 1;
            break;
        default:
            if (!causal) break;
            sight.block = size_t{1} << (1 + random() % 4);
            sight.summary = 1 + random() % sight.block;
    }
    return sight;
}

/// Some kinds of sights, dealt to the heads, and the settings that say so.
std::vector<Sight> random_sights(std::mt19937_64& random, bool causal,
                                 std::vector<std::string>& settings) {
    std::vector<Sight> sights(kHeads);
    for (size_t head = 0; head < kHeads; ++head) {
        Sight& sight = sights[head];
        sight.causal = causal;
        if (head >= 2 && random() % 3 != 0) sight = sights[random() % head];
        if (sight.all() && random() % 4 != 0) sight = random_sight(random, causal);
        const auto say = [&](const char* key, size_t value, size_t none) {
            if (value != none)
                settings.push_back("layers.att*.heads." + std::to_string(head) + "." + key + "=" +
                                   std::to_string(value));
        };
        say("window", sight.window, 0);
        say("sinks", sight.sinks, 0);
        say("prefix", sight.prefix, 0);
        say("block", sight.block, 0);
        say("summary", sight.summary, 0);
        say("stride", sight.stride, 1);
    }
    if (random() % 2 == 0)  // what is seen is the same
        settings.push_back(std::string("layers.*.heads.1-5.schedule.name=") +
                           (random() % 2 == 0 ? "kv-resident" : "paired"));
    return sights;
}

test::RandomWeights random_weights(std::mt19937_64& random, size_t kv) {
    test::RandomWeights weights(random);
    weights.matrix("embed", kVocabulary, kColumns);
    weights.matrix("q", kColumns, kColumns);
    for (const char* name : {"k", "v"}) weights.matrix(name, kColumns, kv * kWidth);
    weights.matrix("logits", kColumns, kVocabulary);
    // Scores that matter.
    for (const char* name : {"q", "k"}) weights.fill(std::string(name) + ".weight_scale", 0.02f);
    return weights;
}

/// `sees`: of a head, a query and a key.
Matrix logits_by(const test::RandomWeights& weights, const std::vector<uint32_t>& ids, size_t kv,
                 const std::function<bool(size_t, size_t, size_t)>& sees) {
    const Layers model(weights);
    const Matrix x = model.embedding(ids, "embed");
    const Matrix q = model.linear(x, "q", false), k = model.linear(x, "k", false),
                 v = model.linear(x, "v", false);
    Matrix o(ids.size(), kColumns);
    for (size_t h = 0; h < kHeads; ++h) {
        const size_t from = h / (kHeads / kv) * kWidth;
        const Matrix head = Layers::attention(
            Layers::columns(q, h * kWidth, kWidth), Layers::columns(k, from, kWidth),
            Layers::columns(v, from, kWidth), 1, [&](size_t i, size_t j) { return sees(h, i, j); });
        for (size_t t = 0; t < ids.size(); ++t)
            for (size_t c = 0; c < kWidth; ++c) o.at(t, h * kWidth + c) = head.at(t, c);
    }
    return model.linear(o, "logits", false);
}

Matrix exact_logits(const test::RandomWeights& weights, const std::vector<uint32_t>& ids, size_t kv,
                    const std::vector<Sight>& sights) {
    return logits_by(weights, ids, kv,
                     [&](size_t h, size_t i, size_t j) { return sights[h](i, j); });
}

}  // namespace

TEST_CASE("heads that see different keys: terms of masks and strides of any heads") {
    auto random = test::test_random();
    Compared steps("elements of steps"), logits("logits"), pairs("pairs");
    const test::Scratch scratch;
    const std::string file = scratch / "model.safetensors";
    for (int run = 0; run < 24; ++run) {
        const char* device = run % 3 == 0 ? "tiny" : run % 3 == 1 ? "odd" : "small";
        const size_t kv = run % 4 == 3 ? 2 : kHeads;
        const bool causal = run % 2 == 1;
        const test::RandomWeights weights = random_weights(random, kv);
        weights.write(file);
        std::vector<uint32_t> ids(20 + random() % 40);
        for (uint32_t& id : ids) id = static_cast<uint32_t>(random() % kVocabulary);
        std::vector<std::string> settings;
        std::vector<Sight> sights = random_sights(random, causal, settings);
        const std::string model = description(kv, causal);
        test::ModelCase one{model.c_str(), "decoder", "logits", file, test::platform_of(device)};
        one.settings = settings;
        // Under a causal mask the rest may come token by token, against a cache.
        const size_t first = causal ? 1 + random() % ids.size() : ids.size();
        for (Sight& sight : sights) sight.first = first;
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

TEST_CASE("heads that see the tiles of a rule, heads by a cover, and what is neither") {
    auto random = test::test_random();
    Compared steps("elements of steps"), logits("logits"), pairs("pairs"), audits("audits");
    const test::Scratch scratch;
    const std::string file = scratch / "model.safetensors";
    for (int run = 0; run < 8; ++run) {
        const char* device = run % 2 == 0 ? "tiny" : "small";
        const size_t kv = run % 4 == 3 ? 2 : kHeads;
        const bool causal = run % 4 >= 2;
        const test::RandomWeights weights = random_weights(random, kv);
        weights.write(file);
        const std::string model = description(kv, causal);
        test::ModelCase one{model.c_str(), "decoder", "logits", file, test::platform_of(device)};
        const size_t m = one.platform.params.m;
        std::vector<uint32_t> ids(3 * m + random() % (2 * m));
        for (uint32_t& id : ids) id = static_cast<uint32_t>(random() % kVocabulary);
        const size_t tiles = 1 + random() % 3;
        one.settings = {
            "layers.*.heads.0,2,4.approximation.rule=sink+window,tiles=" + std::to_string(tiles),
            "layers.*.heads.4-5.schedule.cover=half", "layers.*.heads.6.window=7"};
        std::vector<Sight> sights(kHeads);
        for (Sight& sight : sights) sight.causal = causal;
        for (const size_t head : {0, 2}) sights[head].tiles = tiles, sights[head].tile = m;
        sights[6].window = 7;
        // Rows that come later meet more keys than they are: they do without rule and cover.
        const size_t first = causal && run % 2 == 0 ? ids.size() - 2 : ids.size();
        const test::ModelEnd end = test::run_model(one, test::in_parts(ids, first));
        const auto where = [&] { return std::string(device) + ", run " + std::to_string(run); };
        steps.add(end.checked, end.outside, where);
        const auto sees = [&](size_t head, size_t i, size_t j) {
            Sight sight = sights[head];
            if (i >= first) sight.tiles = 0;
            return sight(i, j);
        };
        const Matrix exact = logits_by(weights, ids, kv, sees);
        REQUIRE(end.output.size() == exact.x.size());
        const double error = test::relative_error(end.output, exact.x.data());
        logits.add(exact.x.size(), error < 0.02 ? 0 : 1,
                   [&] { return where() + ": relative error " + std::to_string(error); });
        uint64_t seen = 0;
        for (size_t head = 0; head < kHeads; ++head)
            for (size_t i = 0; i < ids.size(); ++i)
                for (size_t j = 0; j < ids.size(); ++j) seen += sees(head, i, j);
        pairs.equal(end.pairs_seen, seen, where);
        audits.equal(end.audited, uint64_t{1}, where);  // heads 0 and 2 are one job
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
