// SPDX-License-Identifier: MIT
#include "host/cli/dense_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/error.h"
#include "host/report/summary.h"
#include "host/text.h"

namespace tessera::host {
namespace {

/// |difference| / |dense|; of logits that are all zero there is none.
FigureValue relative(double squares, double dense_squares) {
    return dense_squares == 0 ? FigureValue{} : FigureValue{std::sqrt(squares / dense_squares)};
}

Table differences_table(const std::vector<LogitsDifference>& differences, uint64_t prompt) {
    Table table{"logits",
                {{"position", "token"},
                 {"best_token"},
                 {"dense_best_token"},
                 {"max_abs", "1"},
                 {"rms_relative", "1"}},
                {}};
    for (size_t i = 0; i < differences.size(); ++i) {
        const LogitsDifference& d = differences[i];
        table.rows.push_back({value_of(prompt + i), value_of(d.best), value_of(d.dense_best),
                              value_of(d.largest), relative(d.squares, d.dense_squares)});
    }
    return table;
}

void add_costs(const Generation& made, ModelReport& report) {
    const uint64_t first = sum_of(made.dense_prompt).cycles;
    report.results.push_back(defined("dense_first_token_cycles", first, "cycle",
                                     "dense attention: sum over the chunks of the prompt"));
    if (made.dense_decoded.empty()) return;
    const double each = static_cast<double>(sum_of(made.dense_decoded).cycles) /
                        static_cast<double>(made.dense_decoded.size());
    report.results.push_back({"dense_token_cycles", value_of(each), "cycle",
                              "dense attention: mean over the runs of dense.decode"});
    report.lines.push_back({"with dense attention", with_commas(first),
                            fmt::format("cycles to the first token, {} for each further one",
                                        with_commas(static_cast<uint64_t>(std::llround(each)))),
                            "results.dense_first_token_cycles"});
}

}  // namespace

void check_comparison(const CommandLine& line) {
    if (!line.model.generate.compare_dense) return;
    const bool timing = line.experiment.outputs.timing_only;
    if (timing || !line.model.dump.empty())
        throw bad_value("command line", "--compare-dense", "given",
                        timing ? "without --timing-only, which computes no logits"
                               : "without --dump, which would name layers of both");
}

void add_comparison(const Generation& made, uint64_t prompt, ModelReport& report) {
    add_costs(made, report);
    double largest = 0, squares = 0, dense_squares = 0;
    uint64_t changed = 0, position = prompt;
    FigureValue first_changed;
    for (const LogitsDifference& d : made.differences) {
        largest = std::max(largest, d.largest);
        squares += d.squares;
        dense_squares += d.dense_squares;
        if (d.best != d.dense_best && changed++ == 0) first_changed = value_of(position);
        ++position;
    }
    const FigureValue rms = relative(squares, dense_squares);
    report.results.push_back(
        defined("logits_compared", made.differences.size(), "row", "one for each new token"));
    report.results.push_back({"logits_max_abs", value_of(largest), "1", "",
                              "largest |logit - logit of dense attention|, on the same tokens"});
    report.results.push_back(
        {"logits_rms_relative", rms, "1", "sqrt(sum of squared differences / of dense logits)"});
    report.results.push_back(defined("tokens_changed", changed, "token",
                                     "rows whose largest logit is that of another token"));
    report.results.push_back({"first_changed", first_changed, "token", "",
                              "position of the first of them, counted from the prompt's first"});
    const auto* error = std::get_if<double>(&rms);
    report.lines.push_back(
        {"logits", error == nullptr ? "n/a" : fmt::format("{:.2e}", *error),
         fmt::format("rms error relative to dense attention, largest {:.2e}", largest),
         "results.logits_rms_relative"});
    report.lines.push_back(
        {"tokens changed", with_commas(changed),
         fmt::format("of {}, on the same tokens before{}", made.differences.size(),
                     changed == 0 ? ""
                                  : ", the first at position " +
                                        std::to_string(std::get<uint64_t>(first_changed))),
         "results.tokens_changed"});
    report.details.push_back(differences_table(made.differences, prompt));
}

}  // namespace tessera::host
