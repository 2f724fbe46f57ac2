// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <utility>

#include "host/report/render.h"
#include "host/report/sections.h"
#include "host/sweep/record.h"
#include "host/sweep/results.h"
#include "host/text.h"

namespace tessera::host {
namespace {

constexpr size_t kMostRows = 40;  // of a table for people

Section points_section(const SweepResults& results, const SweepOverview& overview) {
    Section section{"points", {fact("all", results.points.size())}};
    for (size_t s = 0; s < std::size(kPointStates); ++s)
        section.entries.emplace_back(fact(kPointStates[s], overview.states[s]));
    return section;
}

Table errors_table(const SweepOverview& overview) {
    Table table{"errors", {{"state"}, {"code"}, {"message"}, {"points"}, {"first"}}, {}};
    for (const SweepErrors& e : overview.errors)
        table.rows.push_back({e.state, e.code, e.message, value_of(e.points), e.first});
    return table;
}

Table figures_table(const SweepResults& results, const SweepOverview& overview) {
    Table table{"figures", {{"path"}, {"unit"}, {"meaning"}}, {}};
    for (const auto& [path, unit, meaning] : results.definitions)
        if (overview.figures.count(path) != 0) table.rows.push_back({path, unit, meaning});
    return table;
}

/// A count where the number is whole, as in the records.
FigureValue number_value(double x) {
    constexpr double kExact = 0x1p53;
    if (x >= 0 && x < kExact && std::floor(x) == x) return static_cast<uint64_t>(x);
    return x;
}

Section pareto_section(const SweepResults& results, const SweepOverview& overview) {
    std::vector<std::string> names;
    std::vector<bool> most;
    Table points{"points", {{"point"}}, {}};
    for (const Objective& objective : overview.objectives) {
        names.push_back(objective.name());
        most.push_back(objective.most);
        // A dot in a key would make members of members.
        points.columns.push_back({objective.path.substr(objective.path.rfind('.') + 1)});
    }
    for (const size_t i : pareto_front(overview.values, most)) {
        std::vector<FigureValue> row = {results.points.point(i).name};
        for (const auto& values : overview.values) row.push_back(number_value(values[i]));
        points.rows.push_back(std::move(row));
    }
    return {"pareto", {list("figures", names), std::move(points)}};
}

Table sensitivity_table(const SweepResults& results, const SweepOverview& overview) {
    Table table{
        "sensitivity", {{"field"}, {"figure"}, {"sets"}, {"mean_ratio"}, {"largest_ratio"}}, {}};
    for (const Sensitivity& s : sensitivities(results.points, overview.values))
        table.rows.push_back({results.points.grid.axis(s.axis).path(),
                              overview.objectives[s.figure].path, value_of(s.sets), s.mean_ratio,
                              s.largest_ratio});
    return table;
}

/// A count with commas, a measure with as many digits as people read.
std::string cell_text(const FigureValue& value) {
    if (const auto* count = std::get_if<uint64_t>(&value)) return with_commas(*count);
    const auto* x = std::get_if<double>(&value);
    return x == nullptr ? value_text(value) : fmt::format("{:.4g}", *x);
}

/// The first rows of a table, under a heading of its own for each column.
SummaryBlock block_of(const Table& table, std::vector<SummaryColumn> columns) {
    SummaryBlock block{std::move(columns), {}};
    for (const auto& row : table.rows) {
        if (block.rows.size() == kMostRows) {
            block.note =
                fmt::format("and {} more; sweep.json has all", table.rows.size() - kMostRows);
            break;
        }
        SummaryRow cells;
        for (const FigureValue& cell : row) cells.cells.push_back(cell_text(cell));
        block.rows.push_back(std::move(cells));
    }
    return block;
}

SummaryBlock counts_block(const SweepOverview& overview) {
    SummaryBlock block{{{"", 2, 12}, {"", 2, 12, true}}, {}};
    for (size_t s = 0; s < std::size(kPointStates); ++s)
        if (s == 0 || overview.states[s] != 0)
            block.rows.push_back({{kPointStates[s], with_commas(overview.states[s])},
                                  std::string("points.") + kPointStates[s]});
    return block;
}

std::vector<SummaryBlock> summary_of(const Section& content, const SweepOverview& overview) {
    std::vector<SummaryBlock> blocks = {counts_block(overview)};
    if (!overview.errors.empty()) {
        SummaryBlock errors{{{"", 2, 8}, {"points", 1, 8, true}, {"why", 2, 0}}, {}};
        const Table& table = content.table("errors");
        for (size_t i = 0; i < table.rows.size() && i < kMostRows; ++i)
            errors.rows.push_back({{table.text(i, "state"), with_commas(table.count(i, "points")),
                                    table.text(i, "first") + ": " + table.text(i, "message")}});
        blocks.push_back(std::move(errors));
    }
    const Table& front = content.table("pareto.points");
    std::vector<SummaryColumn> columns = {{"no point is better than", 2, 40}};
    for (const Objective& objective : overview.objectives)
        columns.push_back({objective.name(), 2, 16, true});
    if (!front.rows.empty()) blocks.push_back(block_of(front, columns));
    const Table& sensitivity = content.table("sensitivity");
    if (!sensitivity.rows.empty())
        blocks.push_back(block_of(sensitivity, {{"field", 2, 40},
                                                {"moves", 2, 24},
                                                {"sets", 1, 8, true},
                                                {"mean x", 1, 9, true},
                                                {"most x", 1, 9, true}}));
    return blocks;
}

}  // namespace

Document sweep_document(const SweepResults& results, const SweepOverview& overview) {
    std::vector<std::string> fields;
    for (const FieldPath& field : results.points.grid.fields()) fields.push_back(field.path());
    Document document;
    document.content.entries = {fact("schema", "tessera.sweep"),
                                fact("schema_version", kSweepSchemaVersion),
                                tool_section(),
                                list("fields", fields),
                                points_section(results, overview),
                                errors_table(overview),
                                pareto_section(results, overview),
                                sensitivity_table(results, overview),
                                figures_table(results, overview)};
    document.title =
        fmt::format("tessera {}: {} over {}\n", program_version(),
                    plural(results.points.size(), "point"), plural(fields.size(), "field"));
    document.summary = summary_of(document.content, overview);
    return document;
}

}  // namespace tessera::host
