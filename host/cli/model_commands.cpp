// SPDX-License-Identifier: MIT
#include "host/cli/model_commands.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "host/cli/model_inputs.h"
#include "host/cli/model_session.h"
#include "host/error.h"
#include "host/io/npy.h"
#include "host/io/wav.h"
#include "host/model/sentences.h"
#include "host/model/transcription.h"
#include "host/report/summary.h"
#include "host/text.h"
#include "host/text/word_errors.h"

namespace tessera::host {
namespace {

Table token_table(const std::vector<Text>& texts) {
    Table table{"token_lists", {{"text"}, {"count", "token"}, {"tokens"}}, {}};
    for (const Text& text : texts)
        table.rows.push_back({text.name, value_of(text.tokens.size()),
                              value_of(fmt::format("{}", fmt::join(text.tokens, " ")))});
    return table;
}

/// Of an embedding of zeros there is no cosine.
FigureValue finite_or_nothing(double x) {
    return std::isfinite(x) ? FigureValue{x} : FigureValue{};
}

Table similarity_table(const std::vector<Text>& texts,
                       const std::vector<std::vector<float>>& embeddings) {
    Table table{"similarity", {{"text"}, {"other"}, {"cosine", "1"}}, {}};
    for (size_t i = 0; i < texts.size(); ++i)
        for (size_t j = i + 1; j < texts.size(); ++j)
            table.rows.push_back({texts[i].name, texts[j].name,
                                  finite_or_nothing(cosine(embeddings[i], embeddings[j]))});
    return table;
}

/// [texts][columns] of --reference-embeddings. UserError unless it is a row for each text.
std::vector<std::vector<float>> reference_embeddings(const std::string& path, size_t texts) {
    const NpyFile file(path, "embeddings");
    const TensorView& all = file.tensor();
    if (all.shape.size() != 2 || all.shape[0] != texts || all.shape[1] == 0)
        throw bad_value(path, "shape", fmt::format("[{}]", fmt::join(all.shape, ", ")),
                        fmt::format("[{}, columns of an embedding], a row for each text", texts));
    std::vector<double> elements(all.elements);
    all.to_double(0, all.elements, elements.data());
    std::vector<std::vector<float>> rows(texts);
    for (size_t i = 0; i < elements.size(); ++i)
        rows[i / all.shape[1]].push_back(static_cast<float>(elements[i]));
    return rows;
}

Table reference_table(const std::vector<Text>& texts,
                      const std::vector<std::vector<float>>& embeddings, const std::string& path) {
    const std::vector<std::vector<float>> reference = reference_embeddings(path, texts.size());
    if (reference[0].size() != embeddings[0].size())
        throw bad_value(path, "shape", plural(reference[0].size(), "column"),
                        plural(embeddings[0].size(), "column"));
    Table table{"reference_similarity", {{"text"}, {"cosine", "1"}}, {}};
    for (size_t i = 0; i < texts.size(); ++i)
        table.rows.push_back(
            {texts[i].name, finite_or_nothing(cosine(embeddings[i], reference[i]))});
    return table;
}

std::string read_reference(const std::string& file) {
    std::string text = read_text(file);
    if (words_of(text).empty()) throw bad_value(file, "text", "empty", "at least one word");
    return text;
}

void add_word_errors(const WordErrors& errors, ModelReport& report) {
    report.results.push_back(defined("word_errors", errors.errors, "word",
                                     "words to insert, to delete or to replace in the text"));
    report.results.push_back(defined("reference_words", errors.words, "word",
                                     "of the reference; lower case, without punctuation"));
    report.results.push_back(
        {"word_error_rate", value_of(errors.rate()), "1", "word_errors / reference_words"});
    report.lines.push_back(
        {"word errors", with_commas(errors.errors),
         fmt::format("of {}: {}", plural(errors.words, "word"), percent(errors.rate())),
         "results.word_errors"});
}

}  // namespace

int transcribe_command(const CommandLine& line, const std::vector<std::string>& command_line) {
    ModelSession session(line, command_line, "moonshine-tiny");
    require_graph(session.folder().model, "encoder", {{"audio", InputKind::kNumbers}}, {});
    require_graph(session.folder().model, "decoder", {{"token", InputKind::kIndices}},
                  {{"next", InputKind::kIndices}});
    const std::string& file = line.model.files.front();
    const std::vector<float> samples = read_speech(session.folder().model, file);
    const Vocabulary vocabulary =
        read_vocabulary(session.folder().vocabulary(), PieceScores::kNone);
    const uint32_t most = line.model.max_tokens.value_or(most_tokens(samples.size()));
    const std::string& said = line.model.reference_text;
    const std::string reference = said.empty() ? "" : read_reference(said);
    ModelRun& model = session.start(most + 1);
    session.progress().phase("simulating");
    TokenText decoder(vocabulary);
    std::string text;
    const bool streams = line.format == "table" && model.with_data();
    const auto token = [&](uint32_t t) {
        if (t == kEndToken || !model.with_data()) return;
        const std::string more = decoder.append(t);
        text += more;
        if (!streams) return;
        fmt::print("{}", more);
        std::fflush(stdout);
    };
    const std::vector<uint32_t> tokens = transcribe(model, samples, most, token);
    text += decoder.finish();
    if (streams) fmt::print("\n\n");
    ModelReport report;
    report.name = "transcribe";
    report.input = file;
    report.title = fmt::format("{} s of speech to {} tokens",
                               static_cast<double>(samples.size()) / kSpeechSamplesPerSecond,
                               tokens.size() - 1);
    report.results = {{"samples", value_of(samples.size()), "sample"},
                      {"tokens_made", value_of(tokens.size() - 1), "token"}};
    if (model.with_data()) {
        report.results.push_back({"text", value_of(text)});
        report.tables = {list("tokens", tokens)};
    }
    if (!reference.empty() && model.with_data())
        add_word_errors(count_word_errors(words_of(reference), words_of(text)), report);
    return session.finish(std::move(report));
}

int embed_command(const CommandLine& line, const std::vector<std::string>& command_line) {
    ModelSession session(line, command_line, "use-lite");
    require_graph(session.folder().model, "sentence", {{"tokens", InputKind::kIndices}},
                  {{"embedding", InputKind::kNumbers}});
    const std::vector<Text> texts = tokenized(session.folder(), line.model);
    const std::string& reference = line.model.reference_embeddings;
    if (!reference.empty()) reference_embeddings(reference, texts.size());  // ahead of the run
    ModelRun& model = session.start(1);
    session.progress().phase("simulating");
    std::vector<std::vector<float>> embeddings;
    uint64_t tokens = 0;
    for (const Text& text : texts) {
        embeddings.push_back(embed(model, text.tokens));
        tokens += text.tokens.size();
        session.progress().share(static_cast<double>(embeddings.size()) /
                                 static_cast<double>(texts.size()));
    }
    ModelReport report;
    report.name = "embed";
    report.input = fmt::format("{}", fmt::join(line.model.files, ", "));
    report.title =
        fmt::format("{} of {} tokens", plural(texts.size(), "text"), with_commas(tokens));
    report.results = {{"texts", value_of(texts.size()), "text"},
                      {"tokens", value_of(tokens), "token"}};
    report.details = {token_table(texts)};
    if (!model.with_data()) return session.finish(std::move(report));
    report.tables = {similarity_table(texts, embeddings)};
    if (!reference.empty()) report.tables.push_back(reference_table(texts, embeddings, reference));
    LayerValue all;
    all.spec = {"embeddings", Dtype::kF32, {texts.size(), embeddings[0].size()}};
    for (const std::vector<float>& one : embeddings)
        all.numbers.insert(all.numbers.end(), one.begin(), one.end());
    return session.finish(std::move(report), {all});
}

}  // namespace tessera::host
