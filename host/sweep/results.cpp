// SPDX-License-Identifier: MIT
#include "host/sweep/results.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "host/io/output_file.h"
#include "host/report/render.h"
#include "host/sweep/record.h"
#include "host/sweep/sqlite_file.h"

namespace tessera::host {
namespace {

using Json = nlohmann::json;

constexpr const char* kDefaultObjectives[] = {"derived.cycles", "derived.bytes"};

void count_error(const std::string& point, const Json& outcome, std::vector<SweepErrors>& errors) {
    const std::string message = outcome.at("error").at("message");
    auto group = std::find_if(errors.begin(), errors.end(), [&](const SweepErrors& known) {
        return known.message == message && outcome.at("state") == known.state;
    });
    if (group == errors.end())
        group = errors.insert(
            group, {outcome.at("state"), outcome.at("error").at("code"), message, point});
    ++group->points;
}

double value_at(const Json& figures, const std::string& path) {
    const auto found = figures.find(path);
    return found == figures.end() || found->is_null() ? NAN : found->get<double>();
}

/// Columns of the tables before the figures.
std::vector<std::string> first_columns(const Grid& grid) {
    std::vector<std::string> columns = {"point", "hash", "state", "error"};
    for (const FieldPath& field : grid.fields()) columns.push_back(field.path());
    return columns;
}

/// A cell for each of these columns and each figure.
std::vector<Json> cells_of(const SweepResults& results, size_t i,
                           const std::set<std::string>& figures) {
    const GridPoint point = results.points.point(i);
    const Json outcome = results.outcome(results.points.hashes[i]);
    const Json none = Json::object();
    const Json& values = outcome.contains("figures") ? outcome.at("figures") : none;
    std::vector<Json> cells = {
        point.name, results.points.hashes[i], outcome.at("state"),
        outcome.contains("error") ? outcome.at("error").at("message") : Json()};
    for (const FieldPath& field : results.points.grid.fields())
        cells.push_back(field.get(point.experiment));
    for (const std::string& figure : figures)
        cells.push_back(values.contains(figure) ? values.at(figure) : Json());
    return cells;
}

std::string csv_line(const std::vector<Json>& cells) {
    std::string line;
    for (const Json& cell : cells) {
        if (&cell != &cells.front()) line += ',';
        if (cell.is_string()) line += csv_field(cell.get<std::string>());
        if (!cell.is_string() && !cell.is_null()) line += csv_field(cell.dump());
    }
    return line + "\r\n";
}

void write_csv(OutputFile& file, const SweepResults& results,
               const std::set<std::string>& figures) {
    const std::vector<std::string> first = first_columns(results.points.grid);
    std::vector<Json> headings(first.begin(), first.end());
    headings.insert(headings.end(), figures.begin(), figures.end());
    file.append(csv_line(headings));
    for (size_t i = 0; i < results.points.size(); ++i)
        file.append(csv_line(cells_of(results, i, figures)));
}

void write_sqlite(const OutputFile& file, const SweepResults& results,
                  const std::set<std::string>& figures) {
    SqliteFile database(file.temporary(), file.path());
    database.create_table("sweep", {"key", "value"});
    database.add_row({"schema", "tessera.sweep"});
    database.add_row({"schema_version", kSweepSchemaVersion});
    database.add_row({"version", program_version()});
    database.create_table("figures", {"path", "unit", "meaning"});
    for (const auto& [path, unit, meaning] : results.definitions)
        if (figures.count(path) != 0) database.add_row({path, unit, meaning});
    std::vector<std::string> columns = first_columns(results.points.grid);
    columns.insert(columns.end(), figures.begin(), figures.end());
    database.create_table("points", columns);
    for (size_t i = 0; i < results.points.size(); ++i)
        database.add_row(cells_of(results, i, figures));
    database.finish();
}

}  // namespace

uint64_t SweepOverview::count(const std::string& state) const {
    const auto found = std::find(std::begin(kPointStates), std::end(kPointStates), state);
    return states.at(static_cast<size_t>(found - std::begin(kPointStates)));
}

SweepOverview overview_of(const SweepResults& results, const std::vector<std::string>& names) {
    SweepOverview overview;
    overview.states.resize(std::size(kPointStates));
    const PointList& points = results.points;
    for (size_t i = 0; i < points.size(); ++i) {
        const Json outcome = results.outcome(points.hashes[i]);
        const auto state = std::find(std::begin(kPointStates), std::end(kPointStates),
                                     outcome.at("state").get<std::string>());
        ++overview.states[static_cast<size_t>(state - std::begin(kPointStates))];
        if (outcome.contains("error")) count_error(points.point(i).name, outcome, overview.errors);
        if (!outcome.contains("figures")) continue;
        for (const auto& [path, value] : outcome.at("figures").items())
            overview.figures.insert(path);
    }
    std::vector<std::string> wanted = names;
    if (wanted.empty())
        std::copy_if(std::begin(kDefaultObjectives), std::end(kDefaultObjectives),
                     std::back_inserter(wanted),
                     [&](const char* name) { return overview.figures.count(name) != 0; });
    overview.objectives = objectives_of(wanted, overview.figures);
    overview.values.resize(overview.objectives.size());
    for (size_t i = 0; i < points.size(); ++i) {
        const Json outcome = results.outcome(points.hashes[i]);
        const bool good = outcome.at("state") == kGoodState;
        for (size_t f = 0; f < overview.objectives.size(); ++f)
            overview.values[f].push_back(
                good ? value_at(outcome.at("figures"), overview.objectives[f].path) : NAN);
    }
    return overview;
}

void write_records(const std::string& folder, const SweepResults& results) {
    OutputFile figures(file_in(folder, SweepStore::kFigures));
    for (const FigureDefinition& definition : results.definitions)
        figures.append(definition_line(definition) + "\n");
    OutputFile records(file_in(folder, SweepStore::kPoints));
    const PointList& points = results.points;
    for (size_t i = 0; i < points.size(); ++i) {
        const Json outcome = results.outcome(points.hashes[i]);
        records.append(record_line(points.grid, points.point(i), points.hashes[i], outcome) + "\n");
    }
    figures.commit();  // first: it may have more than the records need, never less
    records.commit();
}

void write_tables(const std::string& folder, const SweepResults& results,
                  const SweepOverview& overview, const Document& document) {
    OutputFile csv(file_in(folder, "points.csv"));
    write_csv(csv, results, overview.figures);
    OutputFile sqlite(file_in(folder, "points.sqlite"));
    write_sqlite(sqlite, results, overview.figures);
    csv.commit();
    sqlite.commit();
    write_file(file_in(folder, kSweepReport), render(document, Format::kJson));
}

}  // namespace tessera::host
