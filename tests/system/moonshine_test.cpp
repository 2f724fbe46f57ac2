// SPDX-License-Identifier: MIT
// Moonshine Tiny, whole, against values of its formulas in double precision.
#include <cstring>

#include "host/config/config.h"
#include "host/model/model_folder.h"
#include "host/model/transcription.h"
#include "host/run/bytes.h"
#include "host/run/forked.h"
#include "host/text.h"
#include "tests/support/compared.h"
#include "tests/support/model_oracle.h"
#include "tests/support/scratch.h"

using namespace tessera;
using test::Compared;

namespace {

struct Clip {
    std::vector<std::pair<std::string, std::vector<float>>> layers;  ///< by their golden names
    std::vector<uint32_t> tokens;
    uint64_t cycles = 0;
};

/// The name of a layer's values in the golden file; empty: it has none.
std::string golden_name(const std::string& layer) {
    if (layer == "encoder.conv3") return "conv";
    if (layer == "encoder.norm") return "encoder";
    const std::string begin = "encoder.layers.", end = ".mlp.fc2";
    if (layer.rfind(begin, 0) != 0 || layer.size() != begin.size() + 1 + end.size() ||
        layer.substr(begin.size() + 1) != end)
        return "";
    return "layer" + layer.substr(begin.size(), 1);
}

/// Samples or tokens: whole numbers, little-endian.
template <typename Whole>
std::vector<Whole> whole_numbers(const host::SafetensorsFile& file, const std::string& name) {
    const host::TensorView* tensor = file.find(name);
    REQUIRE(tensor != nullptr);
    REQUIRE(tensor->bytes() == tensor->elements * sizeof(Whole));
    std::vector<Whole> numbers(tensor->elements);
    std::memcpy(numbers.data(), tensor->data, tensor->bytes());
    return numbers;
}

template <typename Walker, typename Data>
void walk(Walker& p, Data& clip) {
    p.list(clip.tokens);
    p.value(clip.cycles);
    p.length(clip.layers);
    for (auto& [name, numbers] : clip.layers) {
        p.text(name);
        p.list(numbers);
    }
}

Clip transcribe(const host::SafetensorsFile& golden, Precision precision) {
    const host::Forked forked = host::run_forked(
        [&] {
            std::vector<float> samples;
            for (const int16_t sample : whole_numbers<int16_t>(golden, "audio_s16"))
                samples.push_back(static_cast<float>(sample) / 32768);
            host::ResolvedConfig config = host::resolve_config("base", std::string("ideal"), {});
            config.platform.trace_commands = 0;
            const host::ModelFolder folder = host::open_model("moonshine-tiny");
            Clip clip;
            host::ModelRun::Options options;
            options.wanted = [](const std::string& layer) { return !golden_name(layer).empty(); };
            options.value = [&](const host::LayerValue& value) {
                clip.layers.emplace_back(golden_name(value.layer), value.numbers);
            };
            const uint32_t most = host::most_tokens(samples.size());
            host::Platform platform(config.platform);
            host::ModelRun model(folder.model, folder.open_weights(),
                                 {config.platform, config.energy, precision}, platform, most + 1,
                                 options);
            clip.tokens = host::transcribe(model, samples, most, [](uint32_t) {});
            clip.cycles = model.record().sum().cycles;
            host::Packer p;
            walk(p, clip);
            return p.bytes;
        },
        600);
    INFO(forked.failure);
    REQUIRE(forked.failure.empty());
    Clip clip;
    host::Unpacker p(forked.bytes);
    walk(p, clip);
    return clip;
}

}  // namespace

TEST_CASE("speech of the golden clips: every layer of the encoder within 1 %, all tokens") {
    const std::string data = test::large_data_dir() + "/moonshine/";
    REQUIRE(!test::model_dir().empty());
    const std::string readme = test::read_text(TESSERA_SOURCE_DIR "/README.md");
    Compared layers("layers"), tokens("tokens"), screens("screens of the README");
    for (const char* name : {"flite-slt_s2", "flite-slt_s3"})
        for (const Precision precision : {Precision::kExact, Precision::kRounded}) {
            const host::SafetensorsFile golden(data + name + ".safetensors");
            const Clip clip = transcribe(golden, precision);
            REQUIRE(clip.layers.size() == 8);
            for (const auto& value : clip.layers) {
                const std::string& layer = value.first;
                const std::vector<float>& numbers = value.second;
                const host::TensorView& tensor = golden.tensor(layer);
                REQUIRE(numbers.size() == tensor.elements);
                std::vector<double> exact(tensor.elements);
                tensor.to_double(0, exact.size(), exact.data());
                const double error = test::relative_error(numbers, exact.data());
                layers.holds(error < 0.01, [&] {
                    return std::string(name) + " " + layer + ": " + std::to_string(error);
                });
            }
            tokens.equal(clip.tokens, whole_numbers<uint32_t>(golden, "tokens"));
            if (std::string(name) == "flite-slt_s2" && precision == Precision::kExact)
                screens.holds(readme.find("  all     ") != std::string::npos &&
                                  readme.find(host::with_commas(clip.cycles)) != std::string::npos,
                              [&] { return host::with_commas(clip.cycles) + " cycles"; });
        }
}
