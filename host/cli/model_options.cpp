// SPDX-License-Identifier: MIT
#include "host/cli/model_options.h"

#include "host/cli/option_checks.h"
#include "host/cli/profile_command.h"
#include "host/model/head_settings.h"

namespace tessera::host {
namespace {

constexpr uint32_t kMostTokens = 1 << 16, kMostCount = 1 << 16;
constexpr int kMostFiles = 1024;
constexpr const char* kResult = "Result";  // a group of options

constexpr const char* kTranscribeExamples = R"(Examples:
  tessera transcribe speech.wav
      the text, and what every kind of layer took
  tessera transcribe speech.wav --precision rounded --memory ideal
      products of single rows by the score stage, on a memory that never waits
  tessera transcribe speech.wav --set 'layers.encoder.*.window=256' --reference-text said.txt
      the encoder's heads see neighbours only, and how many words that makes wrong
  tessera transcribe speech.wav --check --out result --dump 'encoder.layers.*.mlp.fc2'
      every step against double precision; the named layers as result/layers.safetensors
The model: scripts/fetch_model moonshine-tiny; see docs/use/models.md.
Exit codes: 0 good, 1 the check failed, 2 user error, 3 the result is known not to be exact)";

constexpr const char* kEmbedExamples = R"(Examples:
  tessera embed a.txt b.txt
      an embedding of each file, and how alike they are
  tessera embed --lines sentences.txt --out result
      one for each line; result/embeddings.npy has them all
The model: scripts/fetch_model use-lite; see docs/use/models.md.
Exit codes: 0 good, 1 the check failed, 2 user error, 3 the result is known not to be exact)";

constexpr const char* kHeadsExamples = R"(Examples:
  tessera heads moonshine-tiny speech.wav
      where each head of the encoder looks, and options that let local heads see less
  tessera heads use-lite a.txt --format csv
Exit codes: 0 good, 2 user error, 3 the result is known not to be exact)";

constexpr const char* kProfileExamples = R"(Examples:
  tessera profile llama-7b/config.json --device wide
      cycles, bytes and roofline of each kind of layer, at 1,024 to 131,072 tokens
  tessera profile llama-7b --device wide --tokens 1048576 --chunk 4096 --format json
      a million tokens, the prompt in chunks of 4,096 rows; each layer by itself
Figures are predictions: nothing is simulated, and no weights are needed; see docs/use/decoders.md.
Exit codes: 0 good, 2 user error)";

CLI::Option* add_precision_option(CLI::App& app, CommandLine& line) {
    return add_choice<Precision>(
        app, "--precision", line.experiment.workload.precision,
        "of products: exact, or rounded, which lets the score stage multiply "
        "single rows (default exact)");
}

void add_report_options(CLI::App& app, CommandLine& line) {
    app.add_option("--out", line.experiment.outputs.folder,
                   "folder for report.json, report.html and tensors")
        ->check(not_empty())
        ->type_name("FOLDER")
        ->group(kResult);
    app.add_option("--format", line.format, "of the report: table, json, csv or markdown")
        ->type_name("NAME")
        ->group(kResult);
}

}  // namespace

void add_common_model_options(CLI::App& app, CommandLine& line, const std::string& name) {
    ModelOptions& model = line.model;
    app.add_option("--model", model.model,
                   "name or folder of the model" +
                       (name.empty() ? std::string() : " (default " + name + ")"))
        ->check(not_empty())
        ->type_name("NAME|FOLDER");
    add_machine_options(app, line.experiment.machine, layer_settings(model));
    app.get_option("--set")->description(
        "change one configuration value, or what heads see, as "
        "layers.PATTERN.window=64 or layers.PATTERN.heads.0,2-4.stride=4 "
        "(docs/use/models.md); may be repeated");
    add_precision_option(app, line)->group(kResult);
    app.add_flag("--timing-only", line.experiment.outputs.timing_only,
                 "simulate cycles and traffic only")
        ->group(kResult);
    app.add_flag("--accept-approximation", line.experiment.outputs.accept_approximation,
                 "write tensors and exit with 0 even if an audit of heads is not valid")
        ->group(kResult);
    app.add_flag("--check", model.check, "hold each step against double precision")->group(kResult);
    app.add_option("--dump", model.dump, "write the values of layers whose names match")
        ->check(not_empty())
        ->type_name("PATTERN")
        ->group(kResult);
    add_report_options(app, line);
}

SettingTaker layer_settings(ModelOptions& model) {
    return [&model](const std::string& text) {
        if (text.rfind(kLayerSetting, 0) != 0) return false;
        model.layers.push_back(text);
        return true;
    };
}

void add_transcribe_options(CLI::App& transcribe, CommandLine& line) {
    transcribe.footer(kTranscribeExamples);
    // Not the list of files: then another word would be a file too many, not a word too many.
    transcribe
        .add_option_function<std::string>(
            "file", [&line](const std::string& file) { line.model.files = {file}; },
            "speech: WAV, 16 bit, one channel, 16 kHz")
        ->required()
        ->type_name("FILE");
    add_common_model_options(transcribe, line, "moonshine-tiny");
    transcribe
        .add_option("--max-tokens", line.model.max_tokens,
                    "stop after so many tokens (default: six for a second)")
        ->check(from_one(kMostTokens))
        ->type_name("N")
        ->group(kResult);
    transcribe
        .add_option("--reference-text", line.model.reference_text,
                    "what is said, in UTF-8: how many words of the text are wrong")
        ->check(not_empty())
        ->type_name("FILE")
        ->group(kResult);
}

void add_embed_options(CLI::App& embed, CommandLine& line) {
    embed.footer(kEmbedExamples);
    embed.add_option("files", line.model.files, "texts in UTF-8")
        ->required()
        ->expected(1, kMostFiles)
        ->type_name("FILE");
    add_common_model_options(embed, line, "use-lite");
    embed.get_option("--device")->description("device preset or .json file (default wide)");
    embed
        .add_option("--reference-embeddings", line.model.reference_embeddings,
                    "those of another run: how alike they are")
        ->check(not_empty())
        ->type_name("FILE.npy")
        ->group(kResult);
    embed.add_flag("--lines", line.model.lines, "each line of a file is a text of its own")
        ->group(kResult);
}

void add_heads_options(CLI::App& heads, CommandLine& line) {
    heads.footer(kHeadsExamples);
    heads.add_option("model", line.model.model, "name or folder of the model")
        ->required()
        ->check(not_empty())
        ->type_name("NAME|FOLDER");
    heads
        .add_option_function<std::string>(
            "file", [&line](const std::string& file) { line.model.files = {file}; },
            "speech (WAV) or a text in UTF-8, as the model takes it")
        ->type_name("FILE");
    heads
        .add_option("--tokens", line.model.generate.tokens,
                    "of a decoder, in place of a text: commas between")
        ->check(not_empty())
        ->type_name("LIST");
    add_machine_options(heads, line.experiment.machine);
    heads.get_option("--device")
        ->description("device preset or .json file (default base; wide for texts)");
    add_precision_option(heads, line)->group(kResult);
    add_report_options(heads, line);
}

void add_profile_options(CLI::App& profile, CommandLine& line) {
    profile.footer(kProfileExamples);
    profile.add_option("model", line.model.model, "config.json of a decoder, or its folder")
        ->required()
        ->check(not_empty())
        ->type_name("FOLDER|FILE");
    ProfileOptions& o = line.model.profile;
    profile
        .add_option("--tokens", o.tokens,
                    "of the prompt, commas between (default 1024,8192,65536,131072)")
        ->check(not_empty())
        ->type_name("LIST");
    profile.add_option("--chunk", o.chunk, "rows of the prompt at once (default: all)")
        ->check(from_one(kMostProfiled))
        ->type_name("ROWS");
    add_machine_options(profile, line.experiment.machine);
    add_precision_option(profile, line)->group(kResult);
    add_report_options(profile, line);
}

void add_verified_model_options(CLI::App& model, CommandLine& line) {
    VerifyModelOptions& o = line.verify_model;
    const char* group = "Model";
    model.add_option("model", line.model.model, "name or folder of the model, as of transcribe")
        ->required()
        ->check(not_empty())
        ->type_name("NAME|FOLDER");
    const auto add_count = [&](const char* name, uint32_t& count, const char* text) {
        model.add_option(name, count, text)
            ->check(from_one(kMostCount))
            ->type_name("N")
            ->group(group);
    };
    add_count("--layers", o.repeats,
              "layers that the description repeats: at most so often (default: all)");
    add_count("--rows", o.rows,
              "rows of a graph's inputs, or as many as its convolutions need (default 4)");
    add_count("--steps", o.steps, "further runs of a graph with caches, a row each (default 2)");
    model.add_option("--seed", line.experiment.workload.random.seed, "of the inputs (default 1)")
        ->check(whole_number())
        ->type_name("N")
        ->group(group);
    add_precision_option(model, line)->group(group);
}

}  // namespace tessera::host
