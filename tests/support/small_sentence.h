// SPDX-License-Identifier: MIT
// A small sentence encoder of one attention, with random weights, as `tessera embed` takes it.
#pragma once
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "host/io/safetensors.h"
#include "tests/support/model_weights.h"
#include "tests/support/run_tessera.h"
#include "tests/support/scratch.h"

namespace tessera::test {

inline constexpr size_t kPieces = 20, kHeads = 4, kWidth = 4, kColumns = kHeads * kWidth;
inline constexpr size_t kFirst = 6;  ///< of the pieces that a text may have

inline const char* const kSentenceModel = R"({"format": "tessera-model-1", "name": "s", "graphs": {
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
        std::ofstream(folder_ / "model.json") << kSentenceModel;
        RandomWeights weights(random);
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

    Scratch folder_;
};

inline nlohmann::json results_of(const std::string& arguments) {
    const Finished f = run_tessera(arguments);
    INFO(arguments << ": " << f.err);
    REQUIRE(f.exit_code == 0);
    return nlohmann::json::parse(f.out).at("results");
}

inline std::vector<double> dumped(const host::SafetensorsFile& file, const std::string& name) {
    const host::TensorView* tensor = file.find(name);
    REQUIRE(tensor != nullptr);
    std::vector<double> elements(tensor->elements);
    tensor->to_double(0, tensor->elements, elements.data());
    return elements;
}

}  // namespace tessera::test
