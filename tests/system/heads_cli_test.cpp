// SPDX-License-Identifier: MIT
// `tessera heads`, and what the options of heads do to the report of `tessera embed`.
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "host/io/safetensors.h"
#include "tests/support/compared.h"
#include "tests/support/model_weights.h"
#include "tests/support/run_tessera.h"
#include "tests/support/scratch.h"

using namespace tessera;
using test::Compared;
using test::contains;
using test::run_tessera;

namespace {

constexpr size_t kPieces = 20, kHeads = 4, kWidth = 4, kColumns = kHeads * kWidth;
constexpr size_t kFirst = 6;  ///< of the pieces that a text may have

const char* const kModel = R"({"format": "tessera-model-1", "name": "s", "graphs": {
  "sentence": {"inputs": {"tokens": {"type": "indices"}}, "layers": [
    {"layer": "embedding", "name": "embed", "input": "tokens", "output": "x"},
    {"layer": "linear", "name": "qkv", "input": "x", "parts": [
      {"output": "q", "heads": 4}, {"output": "k", "heads": 4}, {"output": "v", "heads": 4}]},
    {"layer": "attention", "name": "first.attn", "queries": "q", "keys": "k", "values": "v",
     "output": "o"},
    {"layer": "pool", "name": "pool", "input": "o", "output": "embedding", "keep": true}]}}})";

/// A folder with this model and a text of some 100 tokens.
class Sentence {
  public:
    explicit Sentence(std::mt19937_64& random) {
        std::ofstream(folder_ / "model.json") << kModel;
        test::RandomWeights weights(random);
        weights.matrix("embed", kPieces, kColumns);
        weights.fill("embed.weight_scale", 0.02f);
        weights.matrix("qkv", kColumns, 3 * kColumns);
        weights.fill("qkv.weight_scale", 0.01f);
        weights.write(folder_ / "model.safetensors");
        std::ofstream vocabulary(folder_ / "vocabulary.txt");
        for (size_t i = 0; i < kFirst; ++i) vocabulary << "-\t-1\n";  // never found
        vocabulary << "\xe2\x96\x81\t-1\n";
        for (size_t i = kFirst + 1; i < kPieces; ++i)
            vocabulary << static_cast<char>('a' + i - kFirst) << "\t-1\n";
        std::ofstream(folder_ / "b.txt") << "bcd\n";
        std::ofstream text(folder_ / "a.txt");
        for (size_t i = 0; i < 100; ++i)
            text << static_cast<char>('b' + random() % (kPieces - kFirst - 1));
    }
    std::string operator/(const std::string& name) const { return folder_ / name; }
    std::string embed(const std::string& options) const {
        return "embed " + folder_ / "a.txt" + " --model " + folder_.path() + common() + options;
    }
    std::string heads(const std::string& options = "") const {
        return "heads " + folder_.path() + " " + folder_ / "a.txt" + common() + options;
    }

  private:
    static std::string common() { return " --device tiny --memory ideal --format json "; }

    test::Scratch folder_;
};

nlohmann::json results_of(const std::string& arguments) {
    const test::Finished f = run_tessera(arguments);
    INFO(arguments << ": " << f.err);
    REQUIRE(f.exit_code == 0);
    return nlohmann::json::parse(f.out).at("results");
}

std::vector<double> dumped(const host::SafetensorsFile& file, const std::string& name) {
    const host::TensorView* tensor = file.find(name);
    REQUIRE(tensor != nullptr);
    std::vector<double> elements(tensor->elements);
    tensor->to_double(0, tensor->elements, elements.data());
    return elements;
}

}  // namespace

TEST_CASE("the table of heads is that of the queries and keys that a run leaves") {
    auto random = test::test_random();
    Compared figures("figures");
    const Sentence sentence(random);
    const auto results = results_of(sentence.heads());
    results_of(sentence.embed("--dump qkv --out " + sentence / "out"));
    const host::SafetensorsFile file(sentence / "out/layers.safetensors");
    const std::vector<double> q = dumped(file, "qkv/q"), k = dumped(file, "qkv/k");
    const size_t tokens = q.size() / kColumns;
    REQUIRE(tokens > 64);
    const auto& rows = results.at("heads");
    REQUIRE(rows.size() == kHeads);
    std::string local;
    for (size_t h = 0; h < kHeads; ++h) {
        double near[3] = {}, first = 0, entropy = 0;
        for (size_t i = 0; i < tokens; ++i) {
            std::vector<double> p(tokens);
            double sum = 0;
            for (size_t j = 0; j < tokens; ++j) {
                double score = 0;
                for (size_t c = h * kWidth; c < (h + 1) * kWidth; ++c)
                    score += q[i * kColumns + c] * k[j * kColumns + c];
                sum += p[j] = std::exp(score / 2);
            }
            for (size_t j = 0; j < tokens; ++j) {
                const double share = p[j] / sum / double(tokens);
                const size_t distance = i > j ? i - j : j - i;
                near[0] += distance < 16 ? share : 0;
                near[1] += distance < 64 ? share : 0;
                near[2] += distance < 256 ? share : 0;
                first += j < 16 ? share : 0;
                entropy -= share * std::log(p[j] / sum);
            }
        }
        const auto close = [&](const char* key, double expected) {
            const double actual = rows.at(h).at(key).get<double>();
            figures.holds(std::abs(actual - expected) <= 1e-6 * expected, [&] {
                return std::string(key) + ": " + std::to_string(actual) + " is not " +
                       std::to_string(expected);
            });
        };
        figures.equal(rows.at(h).at("layer").get<std::string>(), std::string("first.attn"));
        figures.equal(rows.at(h).at("head").get<size_t>(), h);
        close("within_16", near[0]);
        close("within_64", near[1]);
        close("within_256", near[2]);
        close("first_16", first);
        close("perplexity", std::exp(entropy));
        if (near[1] >= 0.6) local += (local.empty() ? "" : ",") + std::to_string(h);
    }
    const auto& suggestion = results.at("suggestion");
    if (!local.empty())
        figures.equal(suggestion.at(0).get<std::string>(),
                      "--set layers.first.attn.heads." + local + ".window=64");
    figures.equal(suggestion.size(), size_t{local.empty() ? 0u : 1u});
    figures.equal(results_of(sentence.embed(local.empty() ? "" : suggestion.at(0)))
                      .count("sentence_share_seen"),
                  size_t{local.empty() ? 0u : 1u});
}

TEST_CASE("the report says which share of all pairs the heads see") {
    auto random = test::test_random();
    Compared figures("figures");
    const Sentence sentence(random);
    const auto dense = results_of(sentence.embed(""));
    figures.equal(dense.count("seen_pairs"), size_t{0});
    const auto results = results_of(sentence.embed(
        "--set 'layers.*.heads.0,2.window=9' --set layers.first.attn.heads.3.stride=4"));
    const auto tokens = results.at("tokens").at("value").get<uint64_t>();
    uint64_t seen = tokens * tokens + tokens * ((tokens + 3) / 4);
    for (uint64_t i = 0; i < tokens; ++i)
        for (uint64_t j = 0; j < tokens; ++j) seen += (i > j ? i - j : j - i) < 9 ? 2 : 0;
    const auto& row = results.at("seen_pairs").at(0);
    figures.equal(row.at("layer").get<std::string>(), std::string("first.attn"));
    figures.equal(row.at("sees").get<std::string>(),
                  std::string("heads 0,2: window 9; heads 1: all; heads 3: stride 4"));
    figures.equal(row.at("pairs").get<uint64_t>(), kHeads * tokens * tokens);
    figures.equal(row.at("seen").get<uint64_t>(), seen);
    figures.equal(results.at("sentence_pairs_seen").at("value").get<uint64_t>(), seen);
    figures.equal(results.at("sentence_share_seen").at("value").get<double>(),
                  double(seen) / double(kHeads * tokens * tokens));
}

TEST_CASE("embeddings beside those of another run") {
    auto random = test::test_random();
    Compared figures("figures");
    const Sentence sentence(random);
    const std::string stored = sentence / "dense/embeddings.npy";
    results_of(sentence.embed("--out " + sentence / "dense"));
    const std::string with = "--reference-embeddings " + stored;
    const auto cosine = [&](const std::string& options) {
        const auto results = results_of(sentence.embed(with + " " + options));
        return results.at("reference_similarity").at(0).at("cosine").get<double>();
    };
    figures.holds(std::abs(cosine("") - 1) < 1e-12, [] { return std::string("itself"); });
    const double other = cosine("--set 'layers.*.window=1' --out " + sentence / "window");
    const auto numbers = [&](const std::string& path) {
        const std::string bytes = test::read_text(path);
        std::vector<float> row(kColumns);
        REQUIRE(bytes.size() == 128 + sizeof(float) * kColumns);
        std::memcpy(row.data(), bytes.data() + 128, sizeof(float) * kColumns);
        return row;
    };
    const std::vector<float> a = numbers(stored), b = numbers(sentence / "window/embeddings.npy");
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < kColumns; ++i) {
        ab += double{a[i]} * double{b[i]};
        aa += double{a[i]} * double{a[i]};
        bb += double{b[i]} * double{b[i]};
    }
    figures.holds(std::abs(other - ab / std::sqrt(aa * bb)) < 1e-9 && other < 0.999,
                  [&] { return std::to_string(other); });
    expect_refusal(figures, sentence.embed("--lines " + with + " " + sentence / "b.txt"),
                   "shape is [1, 16]; allowed: [2, columns of an embedding]");
    expect_refusal(figures, sentence.embed(with + " --out " + sentence / "dense"),
                   "embeddings.npy");
    expect_refusal(figures, sentence.embed("--reference-embeddings " + sentence / "none.npy"),
                   "none.npy: cannot open");
}

TEST_CASE("what is wrong with heads and their options is one message") {
    auto random = test::test_random();
    Compared messages("messages");
    const Sentence sentence(random);
    const auto refused = [&](const std::string& settings, const std::string& part) {
        expect_refusal(messages, sentence.embed(settings), part);
    };
    refused("--set 'layers.*.windows=4'", "--set: layers.*.windows is not known; allowed: layers.");
    refused("--set layers.second.attn.window=4", "a pattern that an attention layer of s matches");
    refused("--set 'layers.*.heads.4.window=4'", "is for head 4; allowed: 0 to 3");
    refused("--set 'layers.*.window=0'", "is 0; allowed: 1 to ");
    refused("--set 'layers.*.window=2' --set 'layers.*.stride=2'", "has both");
    refused("--set layer.x.window=2", "layer.x.window");
    expect_refusal(messages, sentence.heads("--set layers.first.attn.window=2"), "layers.first");
    expect_refusal(messages, sentence.heads("--check"), "--check");
    expect_refusal(messages, "heads " + sentence / "none" + " " + sentence / "a.txt",
                   "models: name is");
    expect_refusal(messages, "heads " + sentence / "" + " " + sentence / "none.txt",
                   "none.txt: cannot open");
    std::ofstream(sentence / "empty.txt") << "\n";
    expect_refusal(messages, "heads " + sentence / "" + " " + sentence / "empty.txt",
                   "text is empty");
    expect_refusal(messages, "heads " + sentence / "", "file is required");
    expect_refusal(messages, "run --random 1,8,8 --device tiny --set layers.first.attn.window=2",
                   "layers.first.attn.window");
}
