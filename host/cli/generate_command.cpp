// SPDX-License-Identifier: MIT
#include "host/cli/generate_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <optional>
#include <random>

#include "host/cli/dense_comparison.h"
#include "host/cli/model_session.h"
#include "host/cli/prompt.h"
#include "host/error.h"
#include "host/model/decoder.h"
#include "host/model/dense_graphs.h"
#include "host/model/generation.h"
#include "host/text.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

constexpr const char* kCommandLine = "command line";

void check_sampling(const GenerateOptions& options) {
    const Sampling& sampling = options.sampling;
    if (sampling.temperature < 0)
        throw bad_value(kCommandLine, "--temperature", fmt::format("{}", sampling.temperature),
                        "0 or more");
    if (!(sampling.top_p > 0 && sampling.top_p <= 1))
        throw bad_value(kCommandLine, "--top-p", fmt::format("{}", sampling.top_p),
                        "more than 0, at most 1");
    const bool cut = sampling.top_k != 0 || sampling.top_p < 1;
    if (cut && sampling.temperature == 0)
        throw bad_value(kCommandLine, "--temperature", "0",
                        "more than 0 beside --top-k or --top-p");
}

/// The text of new tokens, shown as it comes.
class ShownText {
  public:
    ShownText(const Tokenizer& tokenizer, bool shown) : tokenizer_(tokenizer), shown_(shown) {
        if (tokenizer) text_.emplace(*tokenizer);
    }
    /// The rows of a table of logits may be more than there are tokens.
    void append(uint32_t token) {
        if (text_) show(tokenizer_->has(token) ? text_->append(token) : "\uFFFD");
    }
    void finish() {
        if (!text_) return;
        show(text_->finish());
        if (shown_) fmt::print("\n\n");
    }
    const std::string& all() const { return all_; }

  private:
    void show(const std::string& more) {
        all_ += more;
        if (!shown_) return;
        fmt::print("{}", more);
        std::fflush(stdout);
    }

    const Tokenizer& tokenizer_;
    const bool shown_;
    std::optional<ByteBpeText> text_;
    std::string all_;
};

/// As a pool hands them out that other texts use, too.
std::vector<uint32_t> random_pages(const GenerateOptions& options, uint64_t rows) {
    if (options.page == 0) return {};
    std::vector<uint32_t> pages(spec::divide_up(rows, uint64_t{options.page}));
    std::iota(pages.begin(), pages.end(), 0u);
    std::mt19937_64 random(options.sampling.seed);
    for (size_t i = pages.size(); i > 1; --i) std::swap(pages[i - 1], pages[random() % i]);
    return pages;
}

/// What the runs took, a row for each.
Table runs_table(const char* key, const std::vector<RowsCost>& runs, uint64_t row_bytes) {
    Table table{key,
                {{"position", "token"},
                 {"rows", "token"},
                 {"cycles", "cycle"},
                 {"calls", "call"},
                 {"bytes", "byte"},
                 {"processor_bytes", "byte"},
                 {"cache_bytes", "byte"}},
                {}};
    for (const RowsCost& run : runs)
        table.rows.push_back({value_of(run.position), value_of(run.rows), value_of(run.cost.cycles),
                              value_of(run.cost.calls), value_of(run.cost.bytes),
                              value_of(run.cost.processor_bytes),
                              value_of((uint64_t{run.position} + run.rows) * row_bytes)});
    return table;
}

const char* text_of(GenerationEnd end) {
    switch (end) {
        case GenerationEnd::kMost: return "as many tokens as asked for";
        case GenerationEnd::kEndToken: return "a token that ends the text";
        case GenerationEnd::kNotFinite: break;
    }
    return "logits that are not finite";
}

std::vector<Figure> results_of(const Generation& made, uint64_t prompt, double clock_ghz,
                               uint64_t row_bytes) {
    const StepCost first = sum_of(made.prompt), rest = sum_of(made.decoded);
    const auto seconds = [&](double cycles) { return cycles / (clock_ghz * 1e9); };
    std::vector<Figure> results = {
        {"prompt_tokens", value_of(prompt), "token"},
        {"new_tokens", value_of(made.tokens.size()), "token"},
        {"end", value_of(text_of(made.end))},
        {"first_token_cycles", value_of(first.cycles), "cycle",
         "sum over the chunks of the prompt"},
        {"first_token_time", value_of(seconds(static_cast<double>(first.cycles))), "s",
         "first_token_cycles / device clock"},
        {"first_token_bytes", value_of(first.bytes), "byte", "through the memory port"}};
    if (!made.decoded.empty()) {
        const auto runs = static_cast<double>(made.decoded.size());
        const double cycles = static_cast<double>(rest.cycles) / runs;
        results.push_back({"token_cycles", value_of(cycles), "cycle",
                           "mean over the runs of decode, one for each further token"});
        results.push_back(
            {"token_time", value_of(seconds(cycles)), "s", "token_cycles / device clock"});
        results.push_back({"token_bytes", value_of(static_cast<double>(rest.bytes) / runs), "byte",
                           "mean, through the memory port"});
    }
    const uint64_t rows = prompt + made.decoded.size();
    results.push_back({"cache_bytes", value_of(rows * row_bytes), "byte",
                       "rows * layers * key-value heads * (key + value width) * 2"});
    return results;
}

std::string figure_text(const Figure& figure) {
    const auto* count = std::get_if<uint64_t>(&figure.value);
    const double x =
        count != nullptr ? static_cast<double>(*count) : std::get<double>(figure.value);
    return figure.unit == "s" ? engineering(x, "s")
                              : with_commas(static_cast<uint64_t>(std::llround(x)));
}

/// The first of them.
std::string tokens_text(const std::vector<uint32_t>& tokens) {
    constexpr size_t kMost = 16;
    const auto end = tokens.begin() + static_cast<ptrdiff_t>(std::min(tokens.size(), kMost));
    return fmt::format("{}{}", fmt::join(tokens.begin(), end, " "),
                       tokens.size() > kMost ? " ..." : "");
}

/// The same for people.
std::vector<ModelLine> lines_of(const std::vector<Figure>& results, const Generation& made) {
    std::vector<ModelLine> lines;
    const auto add = [&](const std::string& key, const char* label, const std::string& remark) {
        for (const Figure& figure : results)
            if (figure.key == key)
                lines.push_back({label, figure_text(figure), remark, "results." + key});
    };
    add("first_token_cycles", "first token",
        fmt::format("cycles, {} of the prompt", plural(made.prompt.size(), "chunk")));
    add("first_token_time", "", "");
    add("token_cycles", "each further token", "cycles, mean");
    add("token_time", "", "");
    add("token_bytes", "", "bytes through the memory port, mean");
    add("cache_bytes", "keys and values", "bytes in device memory at the end");
    return lines;
}

}  // namespace

int generate_command(const CommandLine& line, const std::vector<std::string>& command_line) {
    const GenerateOptions& options = line.model.generate;
    check_sampling(options);
    check_comparison(line);
    ModelSession session(line, command_line, "");
    if (options.compare_dense) session.add_dense_graphs();
    const DecoderShape& shape = session.folder().decoder_shape();
    const Tokenizer tokenizer =
        tokenizer_of(session.folder(), options.text.has_value(), session.progress());
    const std::vector<uint32_t> prompt = prompt_of(options, tokenizer, shape.vocabulary);
    GenerationWish wish{options.most, options.chunk,        {}, options.sampling,
                        {},           options.compare_dense};
    if (!options.ignore_end) wish.end_tokens = shape.end_tokens;
    const uint64_t rows = cache_rows(prompt.size(), wish);
    require_positions(shape, rows, options.beyond_positions);
    wish.pages = random_pages(options, rows);
    ModelRun& model = session.start(
        wish.pages.empty() ? CacheShape(rows)
                           : CacheShape(wish.pages.size() * options.page, options.page));
    session.progress().phase("simulating");
    uint64_t made_tokens = 0;
    ShownText text(tokenizer, line.format == "table" && model.with_data());
    const auto told = [&](uint32_t token) {
        if (model.with_data()) text.append(token);
        session.progress().share(static_cast<double>(++made_tokens) /
                                 static_cast<double>(wish.most));
    };
    const Generation made = generate(model, prompt, wish, told);
    if (model.with_data()) text.finish();
    const uint64_t row_bytes = shape.cache_bytes_per_token();
    ModelReport report;
    report.name = "generate";
    report.input = plural(prompt.size(), "token");
    report.title = fmt::format("{} behind a prompt of {}", plural(made.tokens.size(), "token"),
                               plural(prompt.size(), "token"));
    report.results = results_of(made, prompt.size(), session.clock_ghz(), row_bytes);
    report.lines = lines_of(report.results, made);
    if (model.with_data() && !tokenizer)
        report.lines.push_back({"tokens", "", tokens_text(made.tokens), "results.tokens"});
    if (model.with_data()) report.tables.push_back(list("tokens", made.tokens));
    if (model.with_data() && tokenizer) report.results.push_back({"text", value_of(text.all())});
    report.details = {list("prompt", prompt), runs_table("prefill", made.prompt, row_bytes),
                      runs_table("decode", made.decoded, row_bytes)};
    if (!options.compare_dense) return session.finish(std::move(report));
    const ModelRecord own = model.record().without(kDensePrefix);
    report.record = &own;
    add_comparison(made, prompt.size(), report);
    return session.finish(std::move(report));
}

}  // namespace tessera::host
