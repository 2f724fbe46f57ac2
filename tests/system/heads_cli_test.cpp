// SPDX-License-Identifier: MIT
// `tessera heads`, and what the options of heads do to the report of `tessera embed`.
#include <cmath>
#include <cstring>
#include <filesystem>

#include "tests/support/compared.h"
#include "tests/support/random_decoder.h"
#include "tests/support/small_sentence.h"

using namespace tessera;
using test::Compared;
using test::dumped;
using test::results_of;
using test::Sentence;

namespace {

constexpr size_t kHeads = test::kHeads, kWidth = test::kWidth, kColumns = test::kColumns;

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
    expect_refusal(messages, "heads " + sentence / "", "file is missing; allowed: speech");
    expect_refusal(messages, "run --random 1,8,8 --device tiny --set layers.first.attn.window=2",
                   "layers.first.attn.window");
}

TEST_CASE("the heads of a decoder, under its causal mask") {
    auto random = test::test_random();
    Compared figures("figures");
    for (const char* type : {"gpt2", "llama"}) {
        test::DecoderDims dims;
        dims.type = type;
        if (dims.gpt2()) dims.kv_heads = dims.heads;
        const test::Scratch folder;
        const test::RandomDecoder decoder(dims, random);
        decoder.write(folder.path());
        std::string list;
        for (const uint32_t token : decoder.random_tokens(90, random))
            list += (list.empty() ? "" : ",") + std::to_string(token);
        const std::string common = " --device tiny --memory ideal --format json --tokens " + list;
        const auto results = results_of("heads " + folder.path() + common);
        results_of("generate --n 1 --model " + folder.path() + common + " --dump '*attn*' --out " +
                   folder / "out");
        const host::SafetensorsFile file(folder / "out/layers.safetensors");
        const auto& rows = results.at("heads");
        REQUIRE(rows.size() == dims.layers * dims.heads);
        for (size_t n = 0; n < rows.size(); ++n) {
            const size_t layer = n / dims.heads, head = n % dims.heads;
            const std::string at = std::to_string(layer);
            const std::string gpt2 = "h." + at + ".attn", llama = "layers." + at + ".self_attn";
            const std::vector<double> q =
                dumped(file, dims.gpt2() ? gpt2 + ".c_attn/q" : llama + ".q_proj/q");
            const std::vector<double> k =
                dumped(file, dims.gpt2() ? gpt2 + ".c_attn/cache.k." + at
                                         : llama + ".k_proj/cache.k." + at);
            const size_t kv = head / (dims.heads / dims.kv_heads);
            double near = 0, first = 0;
            for (size_t i = 0; i < 90; ++i) {
                std::vector<double> p(i + 1);
                double sum = 0;
                for (size_t j = 0; j <= i; ++j) {
                    double score = 0;
                    for (size_t c = 0; c < dims.head; ++c)
                        score += q[(i * dims.heads + head) * dims.head + c] *
                                 k[(j * dims.kv_heads + kv) * dims.head + c];
                    sum += p[j] = std::exp(score / std::sqrt(double(dims.head)));
                }
                for (size_t j = 0; j <= i; ++j) {
                    near += i - j < 16 ? p[j] / sum / 90 : 0;
                    first += j < 16 ? p[j] / sum / 90 : 0;
                }
            }
            const auto close = [&](const char* key, double expected) {
                const double actual = rows.at(n).at(key).get<double>();
                figures.holds(std::abs(actual - expected) <= 1e-6 * expected, [&] {
                    return std::string(key) + ": " + std::to_string(actual) + " is not " +
                           std::to_string(expected);
                });
            };
            figures.equal(rows.at(n).at("layer").get<std::string>(), dims.gpt2() ? gpt2 : llama);
            close("within_16", near);
            close("first_16", first);
        }
        const auto& suggestion = results.at("suggestion");
        figures.holds(!suggestion.empty(), [] { return std::string("no head is local"); });
        const auto with = results_of("generate --n 1 --model " + folder.path() + common + " " +
                                     suggestion.at(0).get<std::string>());
        figures.equal(with.count("prefill_share_seen"), size_t{1});
        expect_refusal(figures, "heads " + folder.path(), "file is missing; allowed: a text");
        expect_refusal(figures, "heads " + folder.path() + " " + folder / "config.json" + common,
                       "file is given with --tokens");
    }
    const Sentence sentence(random);
    expect_refusal(figures, "heads " + sentence / "" + " --tokens 1,2",
                   "--tokens is given; allowed: of decoders");
}
