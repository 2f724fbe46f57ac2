// SPDX-License-Identifier: MIT
// `tessera generate` as a user meets it: what the report says, and what is refused.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "host/io/safetensors.h"
#include "tests/support/compared.h"
#include "tests/support/random_decoder.h"
#include "tests/support/run_tessera.h"
#include "tests/support/scratch.h"

using namespace tessera;
using test::Compared;
using test::DecoderDims;
using test::run_tessera;
using Json = nlohmann::json;

namespace {

DecoderDims small(const std::string& type) {
    DecoderDims dims;
    dims.type = type;
    if (dims.gpt2()) {
        dims.kv_heads = dims.heads;
        dims.tied = true;
    }
    return dims;
}

std::string command(const std::string& folder, const std::string& options) {
    return "generate --device tiny --model " + folder + " " + options;
}

Json report_of(const std::string& folder, const std::string& options) {
    const test::Finished f = run_tessera(command(folder, options + " --format json"));
    INFO(f.err);
    REQUIRE(f.exit_code == 0);
    return Json::parse(f.out);
}

}  // namespace

TEST_CASE("the report of a text: its runs add up, and the caches grow by their formula") {
    auto random = test::test_random();
    Compared figures("figures");
    for (const char* type : {"gpt2", "llama"}) {
        const DecoderDims dims = small(type);
        const test::Scratch scratch;
        test::RandomDecoder(dims, random).write(scratch.path());
        const Json report = report_of(scratch.path(), "--tokens 3,1,4,1,5,9,2 --chunk 3 --n 4");
        const Json& results = report.at("results");
        const auto value = [&](const char* key) { return results.at(key).at("value"); };
        figures.equal(value("prompt_tokens"), Json(7));
        figures.equal(value("new_tokens"), Json(4));
        figures.equal(results.at("tokens").size(), size_t{4});
        uint64_t first = 0, rest = 0, row = 7;
        const uint64_t row_bytes = dims.layers * dims.kv_heads * dims.head * 2 * 2;
        for (const Json& run : results.at("prefill")) {
            first += run.at("cycles").get<uint64_t>();
            figures.equal(
                run.at("cache_bytes").get<uint64_t>(),
                (run.at("position").get<uint64_t>() + run.at("rows").get<uint64_t>()) * row_bytes);
        }
        for (const Json& run : results.at("decode")) {
            rest += run.at("cycles").get<uint64_t>();
            figures.equal(run.at("position").get<uint64_t>(), row++);
        }
        figures.equal(results.at("prefill").size(), size_t{3});
        figures.equal(results.at("decode").size(), size_t{3});
        figures.equal(value("first_token_cycles").get<uint64_t>(), first);
        figures.equal(value("token_cycles").get<double>(), double(rest) / 3);
        figures.equal(value("cache_bytes").get<uint64_t>(), 10 * row_bytes);
        figures.equal(report.at("sum").at("cycles").at("value").get<uint64_t>(), first + rest);
    }
}

TEST_CASE("draws with a seed are repeated, an end token ends the text, shards are one model") {
    auto random = test::test_random();
    Compared tokens("lists of tokens");
    const test::Scratch one, two;
    const test::RandomDecoder decoder(small("llama"), random);
    decoder.write(one.path());
    decoder.write(two.path(), true);
    const auto list = [&](const std::string& folder, const std::string& options) {
        return report_of(folder, "--tokens 3,1,4 --n 8 " + options).at("results").at("tokens");
    };
    const Json drawn = list(one.path(), "--temperature 2 --seed 5");
    tokens.equal(list(two.path(), "--temperature 2 --seed 5"), drawn);
    tokens.holds(list(one.path(), "--temperature 2 --seed 6") != drawn,
                 [&] { return drawn.dump(); });
    Json config = decoder.config();
    config["eos_token_id"] = drawn.at(2);
    decoder.write_config(one.path(), config);
    const Json ended = list(one.path(), "--temperature 2 --seed 5");
    const auto end = std::find(drawn.begin(), drawn.end(), drawn.at(2)) + 1;
    tokens.equal(ended, Json(std::vector<Json>(drawn.begin(), end)));
    tokens.equal(list(one.path(), "--temperature 2 --seed 5 --ignore-end"), drawn);
}

TEST_CASE("a prompt is text by tokenizer.json, and so is what comes behind it") {
    auto random = test::test_random();
    Compared texts("texts");
    const test::Scratch scratch;
    DecoderDims dims = small("llama");
    dims.vocabulary = 258;
    test::RandomDecoder(dims, random).write(scratch.path());
    Json tokenizer = {{"model", {{"type", "BPE"}, {"merges", {"a b"}}}},
                      {"added_tokens", Json::array()},
                      {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
                      {"decoder", {{"type", "ByteLevel"}}}};
    // The letters that stand for bytes: those that can be seen stand for themselves.
    std::vector<std::string> letters(256);
    uint32_t other = 256;
    for (uint32_t byte = 0; byte < 256; ++byte) {
        const bool seen = (byte >= 33 && byte <= 126) || (byte >= 161 && byte != 173);
        const uint32_t point = seen ? byte : other++;
        if (point < 128)
            letters[byte] = std::string(1, static_cast<char>(point));
        else
            letters[byte] = {static_cast<char>(0xc0 | point >> 6),
                             static_cast<char>(0x80 | (point & 63))};
        tokenizer["model"]["vocab"][letters[byte]] = byte;
    }
    tokenizer["model"]["vocab"]["ab"] = 256;
    std::ofstream(scratch / "tokenizer.json") << tokenizer.dump();
    const Json by_text = report_of(scratch.path(), "--n 6 --text 'ab cab'").at("results");
    texts.equal(by_text.at("prompt"), Json({256, ' ', 'c', 256}));
    const Json by_tokens = report_of(scratch.path(), "--n 6 --tokens 256,32,99,256").at("results");
    texts.equal(by_tokens.at("tokens"), by_text.at("tokens"));
    texts.equal(by_tokens.at("text"), by_text.at("text"));
    // 257 is a row of the logits and no token.
    std::string bytes;
    bool plain = true;
    for (const Json& token : by_text.at("tokens")) {
        const auto number = token.get<uint32_t>();
        plain = plain && (number < 128 || number == 256);
        bytes += number == 256 ? "ab" : std::string(1, static_cast<char>(number));
    }
    if (plain) texts.equal(by_text.at("text").get<std::string>(), bytes);
    const test::Finished shown = run_tessera(command(scratch.path(), "--n 6 --text 'ab cab'"));
    test::expect_refusal(texts, command(scratch.path(), "--text ''"), "--text is empty");
    std::ofstream(scratch / "tokenizer.json") << R"({"model": {"type": "Unigram"}})";
    const test::Finished unread = run_tessera(command(scratch.path(), "--n 2 --tokens 1,2"));
    texts.equal(unread.exit_code, 0);
    texts.holds(unread.err.find("no text beside the tokens") != std::string::npos,
                [&] { return unread.err; });
    texts.holds(unread.out.find("\n  tokens ") != std::string::npos, [&] { return unread.out; });
    test::expect_refusal(texts, command(scratch.path(), "--text a"), "Unigram");
    texts.equal(shown.out.find(by_text.at("text").get<std::string>()), size_t{0});
    std::filesystem::remove(scratch / "tokenizer.json");
    test::expect_refusal(texts, command(scratch.path(), "--text a"), "tokenizer.json");
}

TEST_CASE("logits beside those of dense attention on the same tokens") {
    auto random = test::test_random();
    Compared figures("figures");
    const test::Scratch scratch;
    const test::RandomDecoder decoder(small("llama"), random);
    decoder.write(scratch.path());
    std::vector<uint32_t> tokens = decoder.random_tokens(40, random);
    const auto logits = [&](const std::string& options, size_t rows) {
        const Json report = report_of(
            scratch.path(), options + "--tokens " + fmt::format("{}", fmt::join(tokens, ",")) +
                                " --dump lm_head --n " + std::to_string(rows) + " --out " +
                                scratch / "out");
        const host::SafetensorsFile file(scratch / "out/layers.safetensors");
        std::vector<std::vector<double>> all;
        for (size_t i = 0; i < rows; ++i) {
            const std::string name = "lm_head/logits";
            const host::TensorView& view =
                file.tensor(i == 0 ? name : name + "#" + std::to_string(i));
            all.emplace_back(view.elements);
            view.to_double(0, view.elements, all.back().data());
        }
        return std::pair(all, report.at("results").at("tokens"));
    };
    constexpr size_t kRows = 4;
    const std::string settings = "--ignore-end --set 'layers.*.window=3' ";
    const std::string list = fmt::format("--tokens {} --n 4 ", fmt::join(tokens, ","));
    const Json results =
        report_of(scratch.path(), settings + list + "--compare-dense").at("results");
    const auto [own, made] = logits(settings, kRows);
    figures.equal(results.at("tokens"), made);
    double largest = 0, squares = 0, dense_squares = 0;
    uint64_t changed = 0, first = 0;
    for (size_t row = 0; row < kRows; ++row) {
        const std::vector<double> dense = logits("", 1).first[0];  // by one run of a longer prompt
        for (size_t i = 0; i < dense.size(); ++i) {
            largest = std::max(largest, std::abs(own[row][i] - dense[i]));
            squares += (own[row][i] - dense[i]) * (own[row][i] - dense[i]);
            dense_squares += dense[i] * dense[i];
        }
        const auto best = std::max_element(dense.begin(), dense.end()) - dense.begin();
        figures.equal(results.at("logits").at(row).at("dense_best_token").get<ptrdiff_t>(), best);
        figures.equal(results.at("logits").at(row).at("best_token"), made.at(row));
        if (best != made.at(row).get<ptrdiff_t>() && changed++ == 0) first = 40 + row;
        tokens.push_back(made.at(row).get<uint32_t>());
    }
    const auto value = [&](const Json& all, const char* key) { return all.at(key).at("value"); };
    figures.equal(value(results, "logits_compared"), Json(kRows));
    figures.holds(largest > 0, [] { return std::string("a window changes nothing"); });
    figures.equal(value(results, "logits_max_abs").get<double>(), largest);
    figures.holds(std::abs(value(results, "logits_rms_relative").get<double>() -
                           std::sqrt(squares / dense_squares)) < 1e-12,
                  [&] { return results.dump(); });
    figures.equal(value(results, "tokens_changed"), Json(changed));
    figures.equal(value(results, "first_changed"), changed == 0 ? Json() : Json(first));
    // The run itself is as without the comparison, and dense attention beside dense is the same.
    const Json alone = report_of(scratch.path(), settings + list);
    const Json beside = report_of(scratch.path(), settings + list + "--compare-dense");
    figures.equal(beside.at("sum").at("calls"), alone.at("sum").at("calls"));
    const Json dense =
        report_of(scratch.path(), list + "--ignore-end --chunk 16 --compare-dense").at("results");
    figures.equal(value(dense, "logits_max_abs").get<double>(), 0.0);
    figures.equal(value(dense, "tokens_changed"), Json(0));
    test::expect_refusal(figures, command(scratch.path(), list + "--compare-dense --timing-only"),
                         "--compare-dense is given; allowed: without --timing-only");
    test::expect_refusal(
        figures,
        command(scratch.path(), list + "--compare-dense --dump '*' --out " + scratch / "o"),
        "--compare-dense is given; allowed: without --dump");
}

TEST_CASE("weights that are too small for the device are counted") {
    auto random = test::test_random();
    Compared figures("figures");
    const test::Scratch scratch;
    test::RandomDecoder decoder(small("llama"), random);
    decoder.write(scratch.path());
    figures.equal(
        report_of(scratch.path(), "--tokens 1,2 --n 2").at("results").count("weights_to_zero"),
        size_t{0});
    auto& elements = decoder.tensor("model.layers.1.mlp.up_proj.weight").elements;
    elements[0] = 0;
    elements[1] = 1e-39f;
    elements[2] = -1e-45f;
    elements[3] = 0x1p-126f;  // the least that is none
    decoder.write(scratch.path());
    const test::Finished f =
        run_tessera(command(scratch.path(), "--tokens 1,2 --n 2 --format json"));
    figures.equal(Json::parse(f.out).at("results").at("weights_to_zero").at("value"), Json(2));
    figures.holds(f.err.find("note: 2 weights below 2^-126 count as zeros") != std::string::npos,
                  [&] { return f.err; });
}

TEST_CASE("mistakes with decoders are named with file, key, value and what is allowed") {
    auto random = test::test_random();
    Compared messages("messages");
    const test::Scratch scratch;
    test::RandomDecoder decoder(small("llama"), random);
    decoder.write(scratch.path());
    const std::string& folder = scratch.path();
    const auto expect = [&](const std::string& options, const std::string& part) {
        test::expect_refusal(messages, command(folder, options), part);
    };
    expect("--n 2", "prompt");
    expect("--tokens 1,50", "--tokens is 50; allowed: tokens, 0 to 49");
    expect("--tokens 1,x", "--tokens is");
    expect("--tokens 1 --text a", "excludes");
    expect("--tokens 1 --n 0", "--n");
    expect("--tokens 1 --n 97", "positions is 97 needed; allowed: 96, which it was trained for");
    expect("--tokens 1 --top-k 3", "--temperature is 0; allowed: more than 0");
    expect("--tokens 1 --temperature -1", "--temperature is -1; allowed: 0 or more");
    expect("--tokens 1 --temperature 1 --top-p 0", "--top-p is 0; allowed: more than 0");
    messages.equal(
        run_tessera(command(folder, "--tokens 1 --n 97 --beyond-positions --timing-only"))
            .exit_code,
        0);
    Json one_layer = decoder.config();
    one_layer["num_hidden_layers"] = 1;
    decoder.write_config(folder, one_layer);
    expect("--tokens 1", "number of layers is 1; allowed: more: there is model.layers.1.");
    decoder.tensor("model.layers.1.mlp.up_proj.weight").shape = {20, 64};
    decoder.write(folder);
    expect("--tokens 1",
           "tensor model.layers.1.mlp.up_proj.weight is [20, 64]; allowed: [40, 32], "
           "as " +
               folder + "/config.json says");
    decoder.remove("model.layers.1.mlp.up_proj.weight");
    decoder.write(folder);
    expect("--tokens 1", "model.layers.1.mlp.up_proj.weight");
    std::filesystem::remove(scratch / "model.safetensors");
    expect("--tokens 1",
           "model.safetensors is missing; allowed: the weights, or "
           "model.safetensors.index.json");
    const test::Scratch learned;
    test::RandomDecoder(small("gpt2"), random).write(learned.path());
    test::expect_refusal(messages, command(learned.path(), "--tokens 1 --n 97 --beyond-positions"),
                         "positions is 97 needed; allowed: 96, which its table has");
}
