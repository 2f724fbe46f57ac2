// SPDX-License-Identifier: MIT
// `tessera transcribe` and `tessera embed` as a user meets them, on a small model with random
// weights: what the report says, and what is refused.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/compared.h"
#include "tests/support/model_weights.h"
#include "tests/support/run_tessera.h"
#include "tests/support/scratch.h"

using namespace tessera;
using test::Compared;
using test::contains;
using test::run_tessera;

namespace {

namespace fs = std::filesystem;

constexpr uint32_t kPieces = 40, kTaps = 13, kStride = 32, kColumns = 8;

const char* const kSpeech = R"({"format": "tessera-model-1", "name": "speech", "graphs": {
  "encoder": {"inputs": {"audio": {"type": "numbers"}}, "layers": [
    {"layer": "convolution", "name": "conv", "input": "audio", "output": "c", "taps": 13,
     "stride": 32, "activation": "tanh", "keep": true}]},
  "decoder": {"inputs": {"token": {"type": "indices"}}, "layers": [
    {"layer": "embedding", "name": "embed", "input": "token", "output": "x"},
    {"layer": "linear", "name": "k", "input": "x", "output": "k", "heads": 1, "append": true},
    {"layer": "linear", "name": "q", "input": "x", "output": "q", "heads": 1},
    {"layer": "attention", "name": "attention", "queries": "q", "keys": "k", "values": "k",
     "output": "o", "causal": true},
    {"layer": "linear", "name": "logits", "input": "o", "output": "logits"},
    {"layer": "argmax", "name": "argmax", "input": "logits", "output": "next", "keep": true}]}}})";

test::RandomWeights speech_weights(std::mt19937_64& random) {
    test::RandomWeights weights(random);
    weights.matrix("conv", kTaps, kColumns);
    weights.matrix("embed", kPieces, kColumns);
    for (const char* name : {"k", "q"}) weights.matrix(name, kColumns, kColumns);
    weights.matrix("logits", kColumns, kPieces);
    return weights;
}

std::string number(uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 255);
    return text;
}

/// 16 bit PCM.
void write_wav(const std::string& path, uint32_t samples, uint32_t channels = 1,
               uint32_t rate = 16000) {
    std::string data;
    for (uint32_t i = 0; i < samples * channels; ++i) data += number(i * 40503 >> 3 & 0xffff, 2);
    const uint32_t frame = 2 * channels;
    const std::string format = number(1, 2) + number(channels, 2) + number(rate, 4) +
                               number(rate * frame, 4) + number(frame, 2) + number(16, 2);
    const auto bytes = static_cast<uint32_t>(data.size());
    std::ofstream(path, std::ios::binary)
        << "RIFF" << number(36 + bytes, 4) << "WAVEfmt " << number(16, 4) << format << "data"
        << number(bytes, 4) << data;
}

/// The folder of the model, with speech in it.
class Speech {
  public:
    explicit Speech(std::mt19937_64& random, const std::string& description = kSpeech,
                    uint32_t pieces = kPieces) {
        std::ofstream(folder_ / "model.json") << description;
        speech_weights(random).write(folder_ / "model.safetensors");
        std::ofstream vocabulary(folder_ / "vocabulary.txt");
        for (uint32_t i = 0; i < pieces; ++i) vocabulary << "p" << i << "\n";
        write_wav(folder_ / "speech.wav", 16000);
    }
    std::string operator/(const std::string& name) const { return folder_ / name; }
    /// The command on `wav`.
    std::string command(const std::string& options = "",
                        const std::string& wav = "speech.wav") const {
        return "transcribe " + folder_ / wav + " --device tiny --model " + folder_.path() + " " +
               options;
    }

  private:
    test::Scratch folder_;
};

std::string replaced(std::string text, const std::string& part, const std::string& by) {
    const size_t at = text.find(part);
    REQUIRE(at != std::string::npos);
    return text.replace(at, part.size(), by);
}

}  // namespace

TEST_CASE("the report of a model: graphs and layers add up to the sum, weights to their bytes") {
    auto random = test::test_random();
    const Speech speech(random);
    const test::Finished f = run_tessera(speech.command("--format json --check"));
    INFO(f.err);
    REQUIRE(f.exit_code == 0);
    const auto report = nlohmann::json::parse(f.out);
    Compared figures("figures");
    uint64_t graph_cycles = 0, layer_cycles = 0, layer_calls = 0, checked = 0;
    for (const auto& graph : report.at("graphs")) {
        graph_cycles += graph.at("cycles").get<uint64_t>();
        const double runs = graph.at("runs").get<double>();
        figures.equal(std::round(graph.at("cycles_per_run").get<double>() * runs),
                      graph.at("cycles").get<double>());
    }
    for (const auto& layer : report.at("layers")) {
        layer_cycles += layer.at("cycles").get<uint64_t>();
        layer_calls += layer.at("calls").get<uint64_t>();
        checked += layer.at("checked").get<uint64_t>();
    }
    const auto& sum = report.at("sum");
    const auto figure = [&](const char* key) { return sum.at(key).at("value").get<uint64_t>(); };
    figures.equal(graph_cycles, figure("cycles"));
    figures.equal(layer_cycles, figure("cycles"));
    figures.equal(layer_calls, figure("calls"));
    figures.equal(checked, report.at("error").at("elements").at("value").get<uint64_t>());
    figures.equal(report.at("graphs").at(0).at("weight_bytes").get<uint64_t>(),
                  uint64_t{2 * kTaps * kColumns});
    const uint64_t decoder = 2 * (2 * kColumns * kColumns + kColumns * kPieces);
    figures.equal(report.at("graphs").at(1).at("weight_bytes").get<uint64_t>(), decoder);
    figures.equal(report.at("graphs").at(1).at("weight_port_cycles").get<uint64_t>(),
                  (decoder + 15) / 16);  // the bus of tiny has 16 bytes
    figures.equal(report.at("results").at("samples").at("value").get<uint64_t>(), uint64_t{16000});
}

TEST_CASE("word errors of a transcript: those of the text that the report has") {
    auto random = test::test_random();
    Compared figures("figures");
    const Speech speech(random);
    const auto with = [&](const std::string& reference) {
        std::ofstream(speech / "said.txt") << reference;
        const test::Finished f =
            run_tessera(speech.command("--format json --reference-text " + speech / "said.txt"));
        INFO(f.err);
        REQUIRE(f.exit_code == 0);
        return nlohmann::json::parse(f.out).at("results");
    };
    const auto count = [](const nlohmann::json& results, const char* key) {
        return results.at(key).at("value").get<uint64_t>();
    };
    const std::string text = with("one").at("text").get<std::string>();
    REQUIRE(!text.empty());  // a word: pieces without spaces
    const auto wrong = with("not this one");
    figures.equal(count(wrong, "word_errors"), uint64_t{3});
    figures.equal(count(wrong, "reference_words"), uint64_t{3});
    figures.equal(wrong.at("word_error_rate").at("value").get<double>(), 1.0);
    figures.equal(count(with(text + "."), "word_errors"), uint64_t{0});
    figures.equal(count(with(text + " more-so"), "word_errors"), uint64_t{2});
    const test::Finished table =
        run_tessera(speech.command("--reference-text " + speech / "said.txt"));
    figures.holds(contains(table.out, "of 3 words: 66.67 %"), [&] { return table.out; });
    expect_refusal(figures, speech.command("--reference-text " + speech / "none.txt"),
                   "none.txt: cannot open");
    std::ofstream(speech / "said.txt") << " .\n";
    expect_refusal(figures, speech.command("--reference-text " + speech / "said.txt"),
                   "said.txt: text is empty");
}

TEST_CASE("what is wrong with speech, model or machine is one message, and nothing is written") {
    auto random = test::test_random();
    Compared messages("messages");
    const Speech speech(random);
    const auto refused = [&](const std::string& arguments, const std::string& part) {
        const std::string out = speech / "out";
        expect_refusal(messages, arguments + " --out " + out, part);
        messages.holds(!fs::exists(out), [&] { return arguments + ": left " + out; });
    };
    write_wav(speech / "short.wav", kTaps - 1);
    write_wav(speech / "stereo.wav", 16000, 2);
    write_wav(speech / "slow.wav", 16000, 1, 8000);
    refused(speech.command("", "none.wav"), "none.wav: cannot open");
    refused(speech.command("", "short.wav"), "12 samples; allowed: at least 13");
    refused(speech.command("", "stereo.wav"), "stereo.wav: ");
    refused(speech.command("", "slow.wav"), "slow.wav: ");
    refused("transcribe " + speech / "speech.wav" + " --device none --model " + speech / "",
            "none");
    refused(speech.command("--max-tokens 0"), "--max-tokens");
    refused(speech.command("--impl rtl"), "--impl");
    refused(speech.command("--set layers.attention.stride=2"), "which is causal");
    refused(speech.command("--set layers.attention.heads.1.window=2"),
            "for head 1; allowed: 0 to 0");
    refused(speech.command("--dump conv5"), "--dump is conv5; allowed: a pattern");
    refused(speech.command("--set memory.size_bytes=65536"), "memory");
    refused(speech.command("--model " + speech / "none"), "--model");
    refused("transcribe " + speech / "speech.wav" + " --model " + speech / "none",
            "models: name is");
    refused("embed " + speech / "speech.wav" + " --device tiny --model " + speech / "",
            "model speech: graphs is decoder, encoder; allowed: one named sentence");
}

TEST_CASE("a model that is not one is refused by file, key and value") {
    auto random = test::test_random();
    Compared messages("messages");
    const auto refused = [&](const std::string& part, const std::string& by,
                             const std::string& text) {
        const Speech other(random, replaced(kSpeech, part, by));
        expect_refusal(messages, other.command(), text);
    };
    refused("\"tanh\"", "\"tan\"", "activation is tan; allowed: none, relu");
    refused("\"convolution\"", "\"convolve\"", "layer is convolve; allowed: linear, ");
    refused("\"audio\": {\"type\": \"numbers\"}", "\"audio\": {\"type\": \"indices\"}",
            "audio has indices");
    refused("\"keep\": true}]}}", "\"keep\": false}]}}", "graphs.decoder is without output next");
    refused("\"stride\": 32", "\"stride\": 32, \"bias\": true", "tensor conv.bias is missing");
    refused("\"taps\": 13", "\"taps\": 14", "tensor conv.weight");
    refused("\"name\": \"q\"", "\"name\": \"query\"", "tensor query.weight");
    const Speech few(random, kSpeech, 3);
    expect_refusal(messages, few.command(), "vocabulary.txt: token is ");
    const Speech cut(random);
    fs::resize_file(cut / "model.safetensors", fs::file_size(cut / "model.safetensors") - 4);
    expect_refusal(messages, cut.command(), "the file may be cut short");
    fs::remove(cut / "model.safetensors");
    expect_refusal(messages, cut.command(), "model.safetensors: cannot open");
}
