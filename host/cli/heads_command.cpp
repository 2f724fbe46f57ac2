// SPDX-License-Identifier: MIT
#include "host/cli/heads_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "host/cli/model_inputs.h"
#include "host/cli/model_session.h"
#include "host/cli/prompt.h"
#include "host/error.h"
#include "host/io/wav.h"
#include "host/model/decoder.h"
#include "host/model/generation.h"
#include "host/model/head_mass.h"
#include "host/model/sentences.h"
#include "host/text.h"

namespace tessera::host {
namespace {

constexpr double kLocalMass = 0.6;  ///< within kNearKeys[kLocal]: a local head
constexpr size_t kLocal = 1;

struct LayerHeads {
    std::string layer;
    std::vector<HeadMass> heads;
};

/// Takes the queries and keys that a run leaves, and forgets them with their layer.
class HeadObserver {
  public:
    explicit HeadObserver(const ModelGraph& graph) : graph_(graph) {}

    ModelRun::Options options() {
        ModelRun::Options options;
        options.wanted = [this](const std::string& layer) { return wants(layer); };
        options.value = [this](const LayerValue& value) { take(value); };
        return options;
    }
    const std::vector<LayerHeads>& layers() const { return layers_; }

  private:
    static const AttentionLayer* attention_of(const ModelLayer& layer) {
        return std::get_if<AttentionLayer>(&layer.kind);
    }
    bool wants(const std::string& name) const {
        const ModelLayer& layer = graph_.layer(name);
        const auto* linear = std::get_if<LinearLayer>(&layer.kind);
        if (linear == nullptr) return attention_of(layer) != nullptr;
        return std::any_of(linear->parts.begin(), linear->parts.end(),
                           [](const LinearPart& part) { return part.heads != 0; });
    }
    void take(const LayerValue& value) {
        const ModelLayer& layer = graph_.layer(value.layer);
        if (const AttentionLayer* attention = attention_of(layer)) return look(layer, *attention);
        for (const LinearPart& part : std::get<LinearLayer>(layer.kind).parts)
            if (part.output == value.value) heads_[part.output] = part.heads;
        values_[value.value] = value.numbers;
        rows_[value.value] = value.spec.shape.at(0);
    }
    /// Keys of another graph have no diagonal.
    void look(const ModelLayer& layer, const AttentionLayer& attention) {
        const auto q = values_.find(attention.queries), k = values_.find(attention.keys);
        if (q == values_.end() || k == values_.end()) return;
        const uint32_t heads = heads_.at(attention.queries);
        const uint64_t columns = q->second.size() / rows_.at(attention.queries);
        layers_.push_back(
            {layer.name, head_masses({q->second, k->second, heads, heads_.at(attention.keys),
                                      static_cast<uint32_t>(columns / heads), attention.causal})});
    }

    const ModelGraph& graph_;
    std::map<std::string, std::vector<float>> values_;
    std::map<std::string, uint64_t> rows_;
    std::map<std::string, uint32_t> heads_;
    std::vector<LayerHeads> layers_;
};

Table heads_table(const std::vector<LayerHeads>& layers) {
    Table table{"heads", {{"layer"}, {"head"}}, {}};
    for (const uint32_t near : kNearKeys)
        table.columns.push_back({fmt::format("within_{}", near), "1"});
    table.columns.push_back({fmt::format("first_{}", kFirstKeys), "1"});
    table.columns.push_back({"perplexity", "key"});
    for (const LayerHeads& layer : layers)
        for (size_t head = 0; head < layer.heads.size(); ++head) {
            const HeadMass& mass = layer.heads[head];
            std::vector<FigureValue> row = {layer.layer, value_of(head)};
            for (const double near : mass.near) row.push_back(value_of(near));
            row.push_back(value_of(mass.first));
            row.push_back(value_of(mass.perplexity));
            table.rows.push_back(std::move(row));
        }
    return table;
}

/// An option for each layer with local heads.
std::vector<std::string> suggested(const std::vector<LayerHeads>& layers) {
    std::vector<std::string> options;
    for (const LayerHeads& layer : layers) {
        std::vector<size_t> local;
        for (size_t head = 0; head < layer.heads.size(); ++head)
            if (layer.heads[head].near[kLocal] >= kLocalMass) local.push_back(head);
        if (!local.empty())
            options.push_back(fmt::format("--set layers.{}.heads.{}.window={}", layer.layer,
                                          fmt::join(local, ","), kNearKeys[kLocal]));
    }
    return options;
}

/// One in a line, as a shell takes them.
SummaryBlock options_block(const std::vector<std::string>& options, const char* commands) {
    if (options.empty()) return {{}, {}, "No head is local."};
    SummaryBlock block{{{fmt::format("local heads: options of {}", commands), 2}}, {}};
    for (const std::string& option : options)
        block.rows.push_back({{option + (option == options.back() ? "" : " \\")}});
    return block;
}

/// Runs the prompt of a decoder.
std::string run_decoder(const CommandLine& line, ModelSession& session, HeadObserver& observer) {
    GenerateOptions prompt = line.model.generate;
    if (!line.model.files.empty()) prompt.text = read_text(line.model.files.front());
    const Tokenizer tokenizer =
        prompt.text ? tokenizer_of(session.folder(), true, session.progress()) : Tokenizer();
    const DecoderShape& shape = session.folder().decoder_shape();
    const std::vector<uint32_t> tokens = prompt_of(prompt, tokenizer, shape.vocabulary);
    require_positions(shape, tokens.size(), false);
    run_texts(session.start(tokens.size(), observer.options()), kPrefillGraph, tokens,
              {{static_cast<uint32_t>(tokens.size()), 0, {}}});
    return plural(tokens.size(), "token");
}

/// Runs the encoder on speech, or a sentence encoder on a text. Says of what.
std::string run_encoder(const CommandLine& line, ModelSession& session, const std::string& graph,
                        HeadObserver& observer) {
    if (graph == "encoder") {
        const std::vector<float> samples =
            read_speech(session.folder().model, line.model.files.front());
        session.start(1, observer.options())
            .run({"encoder", {{"audio", numbers_of(samples, samples.size(), 1)}}});
        return fmt::format("{} s of speech",
                           static_cast<double>(samples.size()) / kSpeechSamplesPerSecond);
    }
    const std::vector<Text> texts = tokenized(session.folder(), line.model);
    embed(session.start(1, observer.options()), texts.front().tokens);
    return plural(texts.front().tokens.size(), "token");
}

/// The graph whose heads are looked at.
std::string graph_of(const Model& model) {
    for (const char* name : {"sentence", kPrefillGraph})
        if (model.graphs.count(name) != 0) return name;
    return "encoder";
}

/// UserError unless there is what the graph takes.
void check_input(const Model& model, const std::string& graph, const ModelOptions& options) {
    const bool decoder = graph == kPrefillGraph;
    if (graph == "sentence")
        require_graph(model, graph, {{"tokens", InputKind::kIndices}},
                      {{"embedding", InputKind::kNumbers}});
    else if (!decoder)
        require_graph(model, graph, {{"audio", InputKind::kNumbers}}, {});
    const bool tokens = !options.generate.tokens.empty();
    if (tokens && !decoder)
        throw bad_value("command line", "--tokens", "given",
                        fmt::format("of decoders; {} takes a file", printable(model.name)));
    if (tokens == !options.files.empty())
        throw bad_value("command line", "file", tokens ? "given with --tokens" : "missing",
                        decoder ? "a text in UTF-8, or --tokens LIST"
                                : "speech (WAV) or a text in UTF-8, as the model takes it");
}

}  // namespace

int heads_command(const CommandLine& given, const std::vector<std::string>& command_line) {
    const Model model = open_model(given.model.model).model;
    const std::string graph = graph_of(model);
    const bool decoder = graph == kPrefillGraph;
    CommandLine line = given;
    if (!line.model.device_given && graph == "sentence") line.experiment.machine.device = "wide";
    check_input(model, graph, line.model);
    ModelSession session(line, command_line, line.model.model);
    HeadObserver observer(model.graph(graph));
    ModelReport report;
    report.name = "heads";
    report.input = line.model.files.empty() ? "--tokens" : line.model.files.front();
    report.title = "heads of graph " + graph + ", " +
                   (decoder ? run_decoder(line, session, observer)
                            : run_encoder(line, session, graph, observer));
    report.tables = {heads_table(observer.layers())};
    report.most_rows = report.tables[0].rows.size();
    const std::vector<std::string> options = suggested(observer.layers());
    report.results = {
        {"local_mass", kLocalMass, "1", "",
         fmt::format("a head is local if it has so much within {}", kNearKeys[kLocal])}};
    report.details = {list("suggestion", options)};
    report.blocks = {options_block(options, decoder ? "generate" : "transcribe and embed")};
    return session.finish(std::move(report));
}

}  // namespace tessera::host
