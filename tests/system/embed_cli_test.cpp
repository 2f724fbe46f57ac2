// SPDX-License-Identifier: MIT
// `tessera embed` on small models, and what both model commands do with results that are no good
// and with files that are in the way.
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

constexpr uint64_t kPieces = 40, kColumns = 8;
constexpr uint64_t kFirst = 6;  ///< of the pieces that a text may have

/// A folder with a sentence encoder of these layers, whose first has made x of the tokens.
class Sentence {
  public:
    Sentence(std::mt19937_64& random, const std::string& layers, float weight = 0) {
        std::ofstream(folder_ / "model.json") << R"({"format": "tessera-model-1", "name": "s",
            "graphs": {"sentence": {"inputs": {"tokens": {"type": "indices"}}, "layers": [
            {"layer": "embedding", "name": "embed", "input": "tokens", "output": "x"},)"
                                              << layers << "]}}}";
        test::RandomWeights weights(random);
        weights.matrix("embed", kPieces, kColumns);
        weights.row("norm.weight", kColumns, 1);
        if (weight != 0) weights.fill("embed.weight", weight);
        weights.write(folder_ / "model.safetensors");
        std::ofstream vocabulary(folder_ / "vocabulary.txt");
        for (uint64_t i = 0; i < kFirst; ++i) vocabulary << "-\t-1\n";  // never found
        vocabulary << "\xe2\x96\x81\t-1\n";
        for (uint64_t i = kFirst + 1; i < kPieces; ++i)
            vocabulary << std::string(i - kFirst, 'a') << "\t-1\n";
        std::ofstream(folder_ / "a.txt") << "a a\n";
        std::ofstream(folder_ / "b.txt") << "a a a a\n";
    }
    std::string operator/(const std::string& name) const { return folder_ / name; }
    std::string command(const std::string& options) const {
        return "embed " + folder_ / "a.txt" + " " + folder_ / "b.txt" +
               " --device tiny --memory ideal --model " + folder_.path() + " " + options;
    }

  private:
    test::Scratch folder_;
};

const char* const kPool =
    R"({"layer": "pool", "name": "pool", "input": "x", "output": "embedding", "keep": true})";

}  // namespace

TEST_CASE("embeddings and what the report says of them") {
    auto random = test::test_random();
    Compared figures("figures");
    const Sentence sentence(random, kPool);
    const test::Finished f =
        run_tessera(sentence.command("--format json --out " + sentence / "out"));
    INFO(f.err);
    REQUIRE(f.exit_code == 0);
    const auto results = nlohmann::json::parse(f.out).at("results");
    figures.equal(results.at("texts").at("value").get<int>(), 2);
    figures.equal(results.at("token_lists").size(), size_t{2});
    figures.equal(results.at("similarity").size(), size_t{1});
    const test::Finished table = run_tessera(sentence.command(""));
    figures.holds(!contains(table.out, "tokens  ") && contains(table.out, "cosine"),
                  [&] { return table.out; });
    figures.equal(fs::file_size(sentence / "out/embeddings.npy"), uint64_t{128 + 2 * 4 * kColumns});
}

TEST_CASE("an embedding that is none, and a text that is none, are refused") {
    auto random = test::test_random();
    Compared messages("messages");
    const Sentence rows(random, R"({"layer": "add", "name": "add", "input": "x", "other": "x",
                                    "output": "embedding", "keep": true})");
    expect_refusal(messages, rows.command(""), "output embedding has ");
    const Sentence indices(random, R"({"layer": "argmax", "name": "argmax", "input": "x",
                                       "output": "embedding", "keep": true})");
    expect_refusal(messages, indices.command(""),
                   "graphs.sentence is without output embedding, numbers");
    const Sentence good(random, kPool);
    std::ofstream(good / "a.txt") << "caf\xe9\n";
    expect_refusal(messages, good.command(""), "a.txt: text is no UTF-8; allowed: texts in UTF-8");
}

TEST_CASE("a norm whose squares leave fp32 is not exact, and the report says so") {
    auto random = test::test_random();
    Compared ends("ends of runs");
    const Sentence sentence(random, R"({"layer": "norm", "name": "norm", "norm": "rms",
        "epsilon": 1e-5, "input": "x", "output": "y"},
        {"layer": "pool", "name": "pool", "input": "y", "output": "embedding", "keep": true})",
                            1e22f);
    const test::Finished f = run_tessera(sentence.command("--format json"));
    ends.equal(f.exit_code, 3);
    ends.holds(contains(f.err, "squares that leave the range of fp32"), [&] { return f.err; });
    const auto exactness = nlohmann::json::parse(f.out).at("exactness");
    ends.equal(exactness.at("exact").get<bool>(), false);
    ends.holds(contains(exactness.at("reason").get<std::string>(), "norm"),
               [&] { return exactness.dump(); });
}

TEST_CASE("no result replaces what it is made from, and values of any names are dumped") {
    auto random = test::test_random();
    Compared ends("ends of runs");
    const Sentence sentence(random, R"({"layer": "add", "name": "a", "input": "x", "other": "x",
        "output": "b/z"}, {"layer": "add", "name": "a/b", "input": "b/z", "other": "x",
        "output": "z"}, {"layer": "pool", "name": "pool", "input": "z", "output": "embedding",
        "keep": true})");
    const test::Finished dumped =
        run_tessera(sentence.command("--dump '*' --out " + sentence / "out"));
    ends.equal(dumped.exit_code, 0, [&] { return dumped.err; });
    ends.holds(fs::exists(sentence / "out/layers.safetensors"), [] { return "no layers"; });
    fs::rename(sentence / "a.txt", sentence / "report.json");
    const std::string before = test::read_text(sentence / "report.json");
    expect_refusal(ends,
                   "embed " + sentence / "report.json" + " --device tiny --model " + sentence / "" +
                       " --out " + sentence / "",
                   "report.json");
    ends.equal(test::read_text(sentence / "report.json"), before);
}
