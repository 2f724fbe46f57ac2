// SPDX-License-Identifier: MIT
// `tessera verify model`: whole models on random inputs, on model and RTL, and what a divergence of
// one looks like.
#include <fstream>
#include <regex>

#include "host/config/config.h"
#include "host/verify/model_case.h"
#include "host/verify/verify.h"
#include "tests/cosim/verify_bench.h"
#include "tests/support/compared.h"
#include "tests/support/machine.h"
#include "tests/support/random_decoder.h"
#include "tests/support/random_model.h"
#include "tests/support/scratch.h"

using namespace tessera;
using test::Compared;
using test::contains;
using test::jobs_without_difference;
using test::run_tessera;

namespace {

/// A folder as scripts/fetch_model makes it.
class ModelFiles {
  public:
    ModelFiles(const char* description, const test::RandomWeights& weights) {
        std::ofstream(folder_ / "model.json") << description;
        weights.write(folder_ / "model.safetensors");
    }
    std::string path() const { return folder_.path(); }

  private:
    test::Scratch folder_;
};

ModelFiles decoder(std::mt19937_64& random) {
    return {test::kDecoderModel, test::decoder_weights(random)};
}

uint64_t number_behind(const std::string& text, const std::string& name) {
    std::smatch m;
    REQUIRE(std::regex_search(text, m, std::regex(name + ": (\\d+)")));
    return std::stoull(m[1]);
}

}  // namespace

TEST_CASE("whole models from the command line") {
    auto random = test::test_random();
    const ModelFiles files = decoder(random);
    const std::string verify = "verify model " + files.path() + " --device tiny";
    CHECK(jobs_without_difference(run_tessera(verify + " --rows 9 --steps 3")) == 1);
    CHECK(jobs_without_difference(run_tessera(verify + " --precision rounded --seed 7")) == 1);
    CHECK(jobs_without_difference(run_tessera(verify + " --memory hbm2-2000-1ch --steps 1")) == 1);
    const ModelFiles encoder(test::kEncoderModel, test::encoder_weights(random));
    CHECK(jobs_without_difference(
              run_tessera("verify --device tiny model " + encoder.path() + " --rows 500")) == 1);
    CHECK(jobs_without_difference(run_tessera("verify --device tiny model " + encoder.path() +
                                              " --rows 3000 --set layers.attention.stride=3" +
                                              " --set layers.attention.heads.1.window=4")) == 1);
}

TEST_CASE("decoders of model hubs on model and RTL") {
    auto random = test::test_random();
    for (const char* type : {"gpt2", "mistral"}) {
        test::DecoderDims dims;
        dims.type = type;
        dims.layers = 1;
        dims.tied = dims.gpt2();
        dims.kv_heads = dims.gpt2() ? dims.heads : 2;
        dims.window = dims.gpt2() ? 0 : 7;
        const test::Scratch folder;
        test::RandomDecoder(dims, random).write(folder.path());
        CHECK(jobs_without_difference(run_tessera("verify model " + folder.path() +
                                                  " --device tiny --rows 19 --steps 1")) == 1);
    }
}

TEST_CASE("a cut model runs fewer commands, a longer one more") {
    auto random = test::test_random();
    Compared counts("numbers of commands");
    const ModelFiles files = decoder(random);
    const auto commands = [&](const std::string& options) {
        const test::Finished f =
            run_tessera("verify model " + files.path() + " --device tiny " + options);
        REQUIRE(jobs_without_difference(f) == 1);
        return number_behind(f.out, "commands");
    };
    const uint64_t whole = commands("--steps 1");
    const auto text = [&] { return std::to_string(whole) + " commands of the whole model"; };
    counts.holds(commands("--steps 1 --layers 1") < whole, text);
    counts.holds(commands("--steps 1 --layers 2") == whole, text);
    counts.holds(commands("--steps 2") > whole, text);
}

TEST_CASE("a divergence of a model names layer and step") {
    auto random = test::test_random();
    Compared cases("divergences reported");
    const ModelFiles files = decoder(random);
    host::ResolvedConfig config = host::resolve_config("tiny", {}, {});
    const verify::Case c =
        verify::model_case(host::open_model(files.path()),
                           {config.platform, config.energy, Precision::kExact}, {9, 1, 3}, false);
    verify::Totals totals;
    const std::string text = verify::verify_case(c, test::quick_device, 60, totals);
    cases.holds(totals.differences > 0, [] { return "differences"; });
    cases.holds(contains(text, "model decoder, seed 3: "), [&] { return text; });
    cases.holds(contains(text, "Earliest: ") && contains(text, "\n> "), [&] { return text; });
    cases.holds(std::regex_search(text, std::regex("\n  in step \\d+ \\(q\\.0: gemm ")),
                [&] { return text; });
}

TEST_CASE("a model that does not fit weights, device or memory is refused before it runs") {
    auto random = test::test_random();
    Compared texts("messages");
    const auto refused = [&](const std::string& path, const std::string& machine,
                             const std::string& text) {
        const test::Finished f = run_tessera("verify model " + path + machine);
        texts.equal(f.exit_code, 2);
        texts.holds(contains(f.err, text), [&] { return f.out + f.err; });
    };
    const ModelFiles good = decoder(random);
    const ModelFiles other(test::kDecoderModel, test::encoder_weights(random));
    refused(other.path(), " --device tiny", "model.safetensors: tensor embed.weight");
    refused(good.path(), " --device tiny --set memory.size_bytes=65536", "memory");
    refused(good.path() + "none", " --device tiny", "models: name is");
    refused(good.path(), " --device tiny --layers 0", "--layers");
    const ModelFiles broad(R"({"format": "tessera-model-1", "name": "broad", "graphs": {"g": {
        "inputs": {"x": {"type": "numbers", "columns": 17}}, "layers": [
        {"layer": "attention", "name": "a", "queries": "x", "keys": "x", "values": "x",
         "output": "o", "keep": true}]}}})",
                           test::encoder_weights(random));
    refused(broad.path(), " --device tiny", "have to be heads of a linear layer");
}
