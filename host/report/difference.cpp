// SPDX-License-Identifier: MIT
#include "host/report/difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "host/error.h"
#include "host/io/json_text.h"
#include "host/report/document_json.h"
#include "host/text.h"

namespace tessera::host {
namespace {

using Json = nlohmann::json;
using Values = FlatReport::Values;

constexpr size_t kMostRows = 40;  // of a table for people

/// Is it "derived.cycles", for the name "cycles" or "derived.cycles"?
bool is_called(const std::string& path, const std::string& name) {
    if (path == name) return true;
    if (path.size() <= name.size()) return false;
    const size_t begin = path.size() - name.size();
    const char before = path[begin - 1];
    return path.compare(begin, name.size(), name) == 0 && (before == '.' || before == ' ');
}

double change_of(const Json& before, const Json& after) {
    if (!before.is_number() || !after.is_number()) return INFINITY;
    const auto from = before.get<double>(), to = after.get<double>();
    return (to - from) / std::fabs(from);  // from 0: infinite, as the two differ
}

std::vector<Moved> moved(const Values& before, const Values& after,
                         const std::set<std::string>& paths) {
    const auto value = [](const Values& values, const std::string& path) {
        const auto found = values.find(path);
        return found == values.end() ? Json() : found->second;
    };
    std::vector<Moved> all;
    for (const std::string& path : paths) {
        Moved one{path, value(before, path), value(after, path)};
        if (one.before == one.after && before.count(path) == after.count(path)) continue;
        one.change = change_of(one.before, one.after);
        all.push_back(std::move(one));
    }
    return all;
}

std::set<std::string> paths_of(const Values& before, const Values& after) {
    std::set<std::string> paths;
    for (const Values* values : {&before, &after})
        for (const auto& [path, value] : *values) paths.insert(path);
    return paths;
}

/// Those that a name calls.
std::set<std::string> called(const std::set<std::string>& paths,
                             const std::vector<std::string>& names) {
    if (names.empty()) return paths;
    std::set<std::string> wanted;
    for (const std::string& name : names) {
        const size_t before = wanted.size();
        for (const std::string& path : paths)
            if (is_called(path, name)) wanted.insert(path);
        if (wanted.size() == before)
            throw bad_value("the reports", "figure", printable(name),
                            "results of these reports, each once, such as cycles");
    }
    return wanted;
}

FigureValue cell(const Json& value) {
    if (value.is_number_unsigned()) return value.get<uint64_t>();
    if (value.is_number_integer()) return value_of(value.get<int64_t>());
    if (value.is_number()) return value.get<double>();
    if (value.is_boolean()) return value.get<bool>();
    if (value.is_null()) return {};
    return value.is_string() ? value.get<std::string>() : value.dump();
}

Table table_of(const std::string& key, const std::vector<Moved>& all, bool with_change) {
    Table table{key, {{"path"}, {"before"}, {"after"}}, {}};
    if (with_change) table.columns.push_back({"change", "1"});
    for (const Moved& one : all) {
        table.rows.push_back({one.path, cell(one.before), cell(one.after)});
        if (with_change)
            table.rows.back().push_back(std::isfinite(one.change) ? FigureValue{one.change}
                                                                  : FigureValue{});
    }
    return table;
}

std::string text_of(const Json& value) {
    if (value.is_null()) return "-";
    return value.is_number_unsigned() ? with_commas(value.get<uint64_t>()) : json_excerpt(value);
}

SummaryBlock block_of(const std::string& heading, const std::vector<Moved>& all, bool with_change) {
    SummaryBlock block{{{heading, 2, 48}, {"before", 1, 16, true}, {"after", 1, 16, true}}, {}};
    if (with_change) block.columns.push_back({"change", 1, 10, true});
    for (const Moved& one : all) {
        if (block.rows.size() == kMostRows) {
            block.note = fmt::format("and {} more; the JSON has all", all.size() - kMostRows);
            break;
        }
        block.rows.push_back({{one.path, text_of(one.before), text_of(one.after)}});
        if (with_change)
            block.rows.back().cells.push_back(
                std::isfinite(one.change) ? fmt::format("{:+.3g} %", 100 * one.change) : "changed");
    }
    return block;
}

}  // namespace

ReportDifference difference_of(const FlatReport& before, const FlatReport& after,
                               const std::vector<std::string>& figures) {
    ReportDifference difference;
    difference.configuration = moved(before.configuration, after.configuration,
                                     paths_of(before.configuration, after.configuration));
    const std::set<std::string> paths = called(paths_of(before.results, after.results), figures);
    difference.compared = paths.size();
    difference.results = moved(before.results, after.results, paths);
    std::stable_sort(
        difference.results.begin(), difference.results.end(),
        [](const Moved& a, const Moved& b) { return std::fabs(a.change) > std::fabs(b.change); });
    return difference;
}

uint64_t count_above(const ReportDifference& difference, double share) {
    const auto above = [&](const Moved& one) { return std::fabs(one.change) > share; };
    return static_cast<uint64_t>(
        std::count_if(difference.results.begin(), difference.results.end(), above));
}

Document difference_document(const ReportDifference& difference, const std::string& before,
                             const std::string& after) {
    Document document;
    document.title =
        fmt::format("{} to {}: {}, {} moved\n", before, after,
                    plural(difference.compared, "result"), with_commas(difference.results.size()));
    document.content.entries = {fact("schema", "tessera.diff"),
                                fact("schema_version", 1),
                                fact("before", before),
                                fact("after", after),
                                fact("compared", difference.compared),
                                table_of("configuration", difference.configuration, false),
                                table_of("results", difference.results, true)};
    if (!difference.configuration.empty())
        document.summary.push_back(block_of("configuration", difference.configuration, false));
    if (!difference.results.empty())
        document.summary.push_back(block_of("results", difference.results, true));
    return document;
}

}  // namespace tessera::host
