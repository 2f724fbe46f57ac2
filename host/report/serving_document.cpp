// SPDX-License-Identifier: MIT
#include "host/report/serving_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/report/document_json.h"
#include "host/report/render.h"
#include "host/report/sections.h"
#include "host/report/summary.h"
#include "host/report/title.h"
#include "host/text.h"

namespace tessera::host {

double percentile(std::vector<double> values, double share) {
    const auto rank = std::ceil(share * static_cast<double>(values.size()));
    const size_t at = static_cast<size_t>(std::max(rank, 1.0)) - 1;
    std::nth_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(at), values.end());
    return values[at];
}

namespace {

constexpr double kShares[] = {0.5, 0.9, 0.99};

double mean(const std::vector<double>& values) {
    double sum = 0;
    for (const double x : values) sum += x;
    return sum / static_cast<double>(values.size());
}

/// Figures of a policy, in seconds of the device's clock.
class PolicyFigures {
  public:
    PolicyFigures(const ServingReport& report, const ServedPolicy& policy)
        : report_(report), record_(policy.record) {
        for (const Served& one : record_.requests) {
            first_.push_back(seconds(one.first_token - one.arrival));
            waits_.push_back(seconds(one.admitted - one.arrival));
            tokens_ += one.tokens.size();
            end_ = std::max(end_, one.end);
            if (one.tokens.size() > 1)
                each_.push_back(seconds(one.end - one.first_token) /
                                static_cast<double>(one.tokens.size() - 1));
        }
        for (const ServeRun& run : record_.runs) {
            const auto cycles = static_cast<double>(run.cost.cycles);
            busy_ += cycles;
            page_cycles_ += cycles * run.pages;
            most_pages_ = std::max<uint64_t>(most_pages_, run.pages);
            rows_ += run.prompt_rows + run.decode_rows;
            bytes_ += run.cost.bytes;
        }
    }

    std::vector<Figure> figures() const {
        const double all = seconds(end_);
        const auto runs = static_cast<double>(std::max<size_t>(record_.runs.size(), 1));
        const double pages = static_cast<double>(report_.cache.pages());
        std::vector<Figure> list = {
            {"runs", value_of(record_.runs.size()), "run", "runs of the model"},
            {"time", value_of(all), "s", "end of the last text / device clock"},
            {"busy", value_of(all == 0 ? 0 : busy_ / static_cast<double>(end_)), "1",
             "cycles of runs / cycles to the end"},
            {"tokens", value_of(tokens_), "token", "new ones"},
            {"throughput", value_of(static_cast<double>(tokens_) / all), "token/s",
             "tokens / time"},
            {"rows_per_run", value_of(static_cast<double>(rows_) / runs), "token", "mean"},
            {"bytes", value_of(bytes_), "byte", "through the memory port"}};
        add(list, "first_token", first_, "from arrival to first token");
        add(list, "each_token", each_, "from first to last token / further tokens");
        add(list, "admission", waits_, "from arrival to admission");
        list.push_back({"cache_mean", value_of(busy_ == 0 ? 0 : page_cycles_ / busy_ / pages), "1",
                        "pages of texts under way / all pages, mean over cycles of runs"});
        list.push_back({"cache_most", value_of(static_cast<double>(most_pages_) / pages), "1",
                        "the same, largest"});
        return list;
    }

  private:
    double seconds(uint64_t cycles) const {
        return static_cast<double>(cycles) / (report_.config.clock_ghz * 1e9);
    }
    static void add(std::vector<Figure>& list, const std::string& key,
                    const std::vector<double>& values, const std::string& definition) {
        const auto figure = [&](const std::string& name, const std::string& what, auto&& value) {
            FigureValue known;
            if (!values.empty()) known = value_of(value());
            list.push_back({key + name, known, "s", definition + what});
        };
        figure(".mean", ", mean", [&] { return mean(values); });
        for (const double share : kShares)
            figure(fmt::format(".p{:.0f}", 100 * share),
                   fmt::format(", {:.0f} % of the requests at most", 100 * share),
                   [&] { return percentile(values, share); });
    }

    const ServingReport& report_;
    const ServeRecord& record_;
    std::vector<double> first_, each_, waits_;
    uint64_t tokens_ = 0, end_ = 0, rows_ = 0, most_pages_ = 0, bytes_ = 0;
    double busy_ = 0, page_cycles_ = 0;
};

/// A row for each policy.
Table policies_table(const ServingReport& report) {
    Table table{"policies", {{"policy"}}, {}, true};
    for (const ServedPolicy& policy : report.policies) {
        const std::vector<Figure> figures = PolicyFigures(report, policy).figures();
        std::vector<FigureValue> row = {policy.name};
        for (const Figure& figure : figures) {
            if (table.rows.empty()) table.columns.push_back({figure.key, figure.unit});
            row.push_back(figure.value);
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

/// What the columns of that table mean.
Section definitions(const ServingReport& report) {
    Section section{"definitions", {}};
    for (const Figure& figure : PolicyFigures(report, report.policies.front()).figures())
        section.entries.emplace_back(fact(figure.key, figure.formula));
    return section;
}

/// What is known of the texts' tokens.
Section exactness_section(const ServingReport& report) {
    std::string reason;
    for (const ServedPolicy& policy : report.policies)
        if (reason.empty()) reason = policy.inexact;
    const bool known = !report.config.platform.timing_only;
    return {"exactness",
            {fact("known", known), fact("exact", known && reason.empty()),
             reason.empty() ? fact("reason", nullptr) : fact("reason", reason)}};
}

Table requests_table(const ServingReport& report) {
    Table table{"requests",
                {{"policy"},
                 {"request"},
                 {"arrival", "cycle"},
                 {"admitted", "cycle"},
                 {"first_token", "cycle"},
                 {"end", "cycle"},
                 {"prompt_tokens", "token"},
                 {"new_tokens", "token"}},
                {}};
    for (const ServedPolicy& policy : report.policies)
        for (size_t i = 0; i < report.requests.size(); ++i) {
            const Served& one = policy.record.requests[i];
            table.rows.push_back({policy.name, value_of(i), value_of(one.arrival),
                                  value_of(one.admitted), value_of(one.first_token),
                                  value_of(one.end), value_of(report.requests[i].prompt.size()),
                                  value_of(one.tokens.size())});
        }
    return table;
}

Section service_section(const ServingReport& report) {
    uint64_t prompt = 0;
    for (const Request& request : report.requests) prompt += request.prompt.size();
    const uint64_t pages = report.cache.rows / report.cache.page();
    return {"service",
            {fact("model", report.model), fact("weights", report.weights),
             fact("requests_from", report.input),
             defined("requests", report.requests.size(), "request", ""),
             defined("prompt_tokens", prompt, "token", "of all requests"),
             defined("texts", report.texts, "text", "under way at once, at most"),
             defined("chunk", report.chunk, "token", "rows of prompts in a run, at most"),
             defined("page_rows", report.cache.page(), "token", "of a page of the caches"),
             defined("pages", pages, "page", "of the caches"),
             Figure{"cache_bytes", value_of(report.cache.rows * report.row_bytes), "byte",
                    "pages * page_rows * layers * key-value heads * (key + value width) * 2"},
             fact("timing_only", report.config.platform.timing_only)}};
}

SummaryBlock summary_of(const ServingReport& report) {
    SummaryBlock block;
    block.columns = {
        {"policy", 2, 14},    {"tokens/s", 2, 9, true}, {"first token p50", 2, 15, true},
        {"p90", 2, 9, true},  {"p99", 2, 9, true},      {"each token p50", 2, 14, true},
        {"p90", 2, 9, true},  {"p99", 2, 9, true},      {"busy", 2, 8, true},
        {"cache", 2, 8, true}};
    for (const ServedPolicy& policy : report.policies) {
        Section figures{"", {}};
        for (const Figure& figure : PolicyFigures(report, policy).figures())
            figures.entries.emplace_back(figure);
        const auto value = [&](const std::string& key) {
            for (const Entry& entry : figures.entries) {
                const Figure& figure = std::get<Figure>(entry);
                const auto* x = std::get_if<double>(&figure.value);
                if (figure.key == key && x != nullptr) return *x;
            }
            return std::nan("");
        };
        const auto time = [&](const std::string& key) {
            return std::isnan(value(key)) ? "n/a" : engineering(value(key), "s");
        };
        block.rows.push_back(
            {{policy.name, fmt::format("{:.1f}", value("throughput")), time("first_token.p50"),
              time("first_token.p90"), time("first_token.p99"), time("each_token.p50"),
              time("each_token.p90"), time("each_token.p99"), percent(value("busy")),
              percent(value("cache_mean"))}});
    }
    for (const ServedPolicy& policy : report.policies)
        if (!policy.inexact.empty())
            block.rows.push_back({{"NOT EXACT", policy.name + ": " + policy.inexact}});
    block.note =
        "times by the device's clock; percentiles by nearest rank; cache: mean share of pages";
    return block;
}

}  // namespace

Document serving_document(const ServingReport& report) {
    Section content{
        "",
        {fact("schema", "tessera.serve"), fact("schema_version", kReportSchemaVersion),
         tool_section(), list("command_line", report.command_line), service_section(report),
         configuration_section(report.config, {}), policies_table(report), definitions(report),
         requests_table(report), exactness_section(report),
         Section{"host", {fact("simulation_seconds", report.seconds)}},
         list("files", report.files)}};
    SummaryLines lines(24, 16);
    lines.add("simulated in", engineering(report.seconds, "s"));
    std::string title =
        machine_text(report.config, "", "") +
        fmt::format("{}, {}\n{}, at most {} under way, {} rows of prompts in a run{}\n",
                    report.model, report.input, plural(report.requests.size(), "request"),
                    plural(report.texts, "text"), report.chunk,
                    report.config.platform.timing_only ? "; timing only" : "");
    return {std::move(title), std::move(content), {summary_of(report), lines.take()}};
}

}  // namespace tessera::host
