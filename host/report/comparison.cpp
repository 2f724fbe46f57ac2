// SPDX-License-Identifier: MIT
#include "host/report/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "host/report/report_json.h"
#include "host/report/table.h"
#include "host/text.h"
#include "host/version.h"

namespace tessera::host {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kNothing = "n/a";
constexpr const char* kMark = " (!)";  ///< of results that are not good

/// How a figure is written for people.
enum class Form { kCount, kPercent, kFactor, kJoule, kError, kBound };

/// A column of figures: where they are in a report, their unit, and their names.
struct Column {
    const char* member;  ///< "derived" or "error"
    const char* key;
    const char* unit;     ///< as in the report
    const char* heading;  ///< short; the legend explains
    Form form;
    const char* better = nullptr;  ///< key of what takes its place where the report has it
};

constexpr Column kColumns[] = {
    {"derived", "calls", "call", "calls", Form::kCount},
    {"derived", "calls_formula", "call", "formula", Form::kCount},
    {"derived", "calls_at_least", "call", "at least", Form::kCount, "calls_schoenheim"},
    {"derived", "cycles", "cycle", "cycles", Form::kCount},
    {"derived", "mac_utilisation", "1", "MAC %", Form::kPercent},
    {"derived", "useful_utilisation", "1", "useful %", Form::kPercent},
    {"derived", "bytes", "byte", "bytes", Form::kCount},
    {"derived", "bytes_over_compulsory", "1", "/comp.", Form::kFactor},
    {"derived", "bytes_over_io_bound", "1", "/IO", Form::kFactor},
    {"derived", "energy_low", "J", "energy", Form::kJoule},
    {"derived", "energy_high", "J", "to", Form::kJoule},
    {"error", "rms_relative", "1", "rms error", Form::kError},
    {"error", "max_over_full_bound", "1", "/bound", Form::kBound},
};

std::string legend(const Json& report) {
    return fmt::format(
        "calls       ATTENDs made; formula: what the formula says;\n"
        "            at least: allowed pairs / M^2, summed over key/value heads; of covers\n"
        "            Schoenheim's bound, of sets of M tokens\n"
        "MAC, useful of peak; real rows and keys, and allowed pairs only\n"
        "bytes       through the memory port; /comp.: over q, k, v that is seen read once and o "
        "written once;\n"
        "            /IO: over N^2 d^2 / S (Saha & Ye 2024), constant 1 taken: an order, not a\n"
        "            limit; n/a where it is not proved\n"
        "energy      estimate from low to high, NOT VALIDATED; {}\n"
        "rms error   relative, against double precision; /bound: largest error over its bound,\n"
        "            above 1 a mismatch;{}: a mismatch, not exact, or nothing was compared\n",
        report.at("energy_model").at("origin").get<std::string>(), kMark);
}

const char* state_name(RowState state) {
    switch (state) {
        case RowState::kWithinBound: return "within_bound";
        case RowState::kOutside: return "outside_bound";
        case RowState::kInexact: return "inexact";
        case RowState::kNothingCompared: return "nothing_compared";
        case RowState::kNotChecked: return "not_checked";
        case RowState::kRefused: break;
    }
    return "refused";
}

/// Is it a result that one must not take for good?
bool is_marked(const ComparedRow& row) {
    const RowState state = row.state();
    return state == RowState::kOutside || state == RowState::kNothingCompared ||
           !row.inexact().empty();
}

const char* heads_name(const ComparedRow& row) { return row.stacked ? "stacked" : "separate"; }

const Json& first_report(const Comparison& comparison) {
    for (const ComparedRow& row : comparison.rows)
        if (row.refused.empty()) return row.report;
    throw std::logic_error("a comparison without a run");
}

/// The report's entry of a column; null if the report has none.
Json quantity(const Json& report, const Column& column) {
    const Json& member = report.at(column.member);
    if (column.better != nullptr && member.contains(column.better)) return member[column.better];
    const auto found = member.find(column.key);
    return found == member.end() ? Json() : *found;
}

std::string for_people(const ComparedRow& row, const Column& column) {
    const Json q = quantity(row.report, column);
    const char* mark = column.form == Form::kBound && is_marked(row) ? kMark : "";
    if (q.is_null())
        return (column.form == Form::kError ? "not checked" : kNothing) + std::string(mark);
    const Json& value = q["value"];
    if (value.is_null()) return kNothing + std::string(mark);
    const double x = value.get<double>();
    switch (column.form) {
        case Form::kCount: return with_commas(value.get<uint64_t>());
        case Form::kPercent: return fmt::format("{:.2f}", 100 * x);
        case Form::kFactor: return fmt::format("{:.2f}", x);
        case Form::kJoule: return engineering(x, "J");
        case Form::kError: return fmt::format("{:.2e}", x);
        case Form::kBound: break;
    }
    const std::string text = x < 1000 ? fmt::format("{:.3f}", x) : fmt::format("{:.2e}", x);
    return text + mark;
}

/// Cells as text; the names of a row come first.
struct Grid {
    size_t names = 0;  ///< columns of names, aligned at the left
    std::vector<std::string> headings;
    std::vector<std::vector<std::string>> rows;  ///< names and "cannot run [1]" if it was refused
    std::vector<std::string> notes;              ///< [1], [2], ...

    bool refused(const std::vector<std::string>& cells) const {
        return cells.size() != headings.size();
    }
};

/// "cannot run [1]", with the reason in the notes.
std::string cannot_run(const std::string& reason, std::vector<std::string>& notes) {
    const auto found = std::find(notes.begin(), notes.end(), reason);
    const auto place = found - notes.begin();
    if (found == notes.end()) notes.push_back(reason);
    return fmt::format("cannot run [{}]", place + 1);
}

Grid grid_of(const Comparison& comparison) {
    Grid grid;
    const auto& rows = comparison.rows;
    const bool heads =
        std::any_of(rows.begin(), rows.end(), [](const ComparedRow& row) { return row.stacked; });
    grid.headings = {"mask", "profile", "schedule"};
    if (heads) grid.headings.insert(grid.headings.begin() + 1, "heads");
    grid.names = grid.headings.size();
    for (const Column& column : kColumns) grid.headings.emplace_back(column.heading);
    for (const ComparedRow& row : rows) {
        std::vector<std::string> cells = {row.mask, row.profile, row.schedule};
        if (heads) cells.insert(cells.begin() + 1, heads_name(row));
        if (row.refused.empty())
            for (const Column& column : kColumns) cells.push_back(for_people(row, column));
        else
            cells.push_back(cannot_run(row.refused, grid.notes));
        grid.rows.push_back(std::move(cells));
    }
    return grid;
}

/// What each cover is made of: the same for all masks and profiles.
std::string covers_text(const Comparison& comparison) {
    std::string text;
    for (const ComparedRow& row : comparison.rows) {
        if (!row.refused.empty() || row.report["oracle"].is_null()) continue;
        const std::string line =
            fmt::format("{}: {}\n", row.schedule, row.report["oracle"]["cover"].get<std::string>());
        if (text.find(line) == std::string::npos) text += line;
    }
    return text;
}

std::string notes_text(const Comparison& comparison, const Grid& grid) {
    std::string text;
    for (size_t i = 0; i < grid.notes.size(); ++i)
        text += fmt::format("[{}] {}\n", i + 1, grid.notes[i]);
    text += covers_text(comparison);
    for (const ComparedRow& row : comparison.rows)
        if (!row.inexact().empty())
            text += fmt::format("{}{}: {}\n", row.name(), kMark, row.inexact());
        else if (row.state() == RowState::kNothingCompared)
            text += fmt::format("{}{}: {}\n", row.name(), kMark, row.reason());
    for (const ComparedRow& row : comparison.rows)
        if (row.state() == RowState::kNotChecked)
            return text + fmt::format("not checked: {}\n", row.reason());
    return text;
}

/// Are the sequences of all rows packed alike? Not where only some masks make them of documents.
bool packed_alike(const Comparison& comparison) {
    const Json& offsets = first_report(comparison)["problem"]["query_offsets"];
    const auto alike = [&](const ComparedRow& row) {
        return !row.refused.empty() || row.report["problem"]["query_offsets"] == offsets;
    };
    return !offsets.is_null() && std::all_of(comparison.rows.begin(), comparison.rows.end(), alike);
}

/// What all rows have in common.
std::string title(const Comparison& comparison) {
    const Json& report = first_report(comparison);
    const Json &p = report["problem"], &c = report["configuration"];
    const auto number = [&p](const char* key) { return with_commas(p[key].get<uint64_t>()); };
    const bool packed = packed_alike(comparison);
    const bool ragged = packed || !p["key_lengths"].is_null() || !p["query_lengths"].is_null();
    const std::string aligned = p["query_tokens"] == p["key_tokens"] && !ragged
                                    ? std::string()
                                    : " aligned at the " + p["align"].get<std::string>();
    const std::string batch =
        packed   ? fmt::format(", a packed batch of {} sequences", number("batch"))
        : ragged ? fmt::format(" at most, a batch of {} lengths", number("batch"))
                 : std::string();
    return fmt::format(
        "tessera {} on {} x device {}, memory {}\n"
        "input {}: {} query and {} key/value heads, {} queries, {} keys{}{}, d_k {}, d_v {}{}\n",
        kVersion, report["derived"]["devices"]["value"].get<uint64_t>(),
        c["device"].get<std::string>(), c["memory_title"].get<std::string>(),
        p["input"].get<std::string>(), number("query_heads"), number("kv_heads"),
        number("query_tokens"), number("key_tokens"), batch, aligned, number("d_k"), number("d_v"),
        p["sink_logits"] == true ? ", sink logits" : "");
}

std::string table(const Comparison& comparison) {
    const Grid grid = grid_of(comparison);
    std::vector<size_t> widths;
    for (const std::string& heading : grid.headings) widths.push_back(heading.size());
    for (const auto& cells : grid.rows)
        for (size_t i = 0; i < (grid.refused(cells) ? grid.names : cells.size()); ++i)
            widths[i] = std::max(widths[i], cells[i].size());
    const auto line = [&](const std::vector<std::string>& cells) {
        std::string text;
        for (size_t i = 0; i < cells.size(); ++i)
            text += i < grid.names ? fmt::format("{:<{}}  ", cells[i], widths[i])
                                   : fmt::format("{:>{}}  ", cells[i], widths[i]);
        text.erase(text.find_last_not_of(' ') + 1);
        return text + "\n";
    };
    std::string text = title(comparison) + "\n" + line(grid.headings);
    for (const auto& cells : grid.rows) text += line(cells);
    return text + "\n" + notes_text(comparison, grid) + legend(first_report(comparison));
}

/// Nothing in a cell may end it.
std::string markdown_cell(std::string text) {
    for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
        text.insert(at, "\\");
    return text;
}

std::string markdown(const Comparison& comparison) {
    const Grid grid = grid_of(comparison);
    const auto line = [&](const std::vector<std::string>& cells) {
        std::string text = "|";
        for (const std::string& cell : cells) text += " " + markdown_cell(cell) + " |";
        return text;
    };
    std::string text = line(grid.headings) + "\n|";
    for (size_t i = 0; i < grid.headings.size(); ++i) text += i < grid.names ? "---|" : "---:|";
    text += "\n";
    for (const auto& cells : grid.rows) {
        text += line(cells);
        for (size_t i = cells.size(); i < grid.headings.size(); ++i) text += " |";
        text += "\n";
    }
    return text + "\n```\n" + title(comparison) + notes_text(comparison, grid) +
           legend(first_report(comparison)) + "```\n";
}

std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
}

std::string csv(const Comparison& comparison) {
    std::string text = "mask,heads,profile,schedule,status";
    for (const Column& column : kColumns) text += fmt::format(",{} [{}]", column.key, column.unit);
    text += ",reason\r\n";
    for (const ComparedRow& row : comparison.rows) {
        text += fmt::format("{},{},{},{},{}", csv_field(row.mask), heads_name(row), row.profile,
                            row.schedule, state_name(row.state()));
        for (const Column& column : kColumns) {
            const Json q = row.refused.empty() ? quantity(row.report, column) : Json();
            const bool some = !q.is_null() && !q["value"].is_null();
            text += "," + (some ? q["value"].dump() : std::string());
        }
        text += "," + csv_field(row.reason()) + "\r\n";
    }
    return text;
}

std::string json(const Comparison& comparison) {
    Json rows = Json::array();
    for (const ComparedRow& row : comparison.rows) {
        Json entry = {{"mask", row.mask},
                      {"heads", heads_name(row)},
                      {"profile", row.profile},
                      {"schedule", row.schedule},
                      {"status", state_name(row.state())},
                      {"reason", row.reason().empty() ? Json() : Json(row.reason())}};
        for (const char* member :
             {"problem", "configuration", "oracle", "derived", "exactness", "error"})
            entry[member] = row.refused.empty() ? row.report.at(member) : Json();
        rows.push_back(std::move(entry));
    }
    const Json& report = first_report(comparison);
    const Json all = {{"schema", "tessera.compare"},
                      {"schema_version", kComparisonSchemaVersion},
                      {"tool", report.at("tool")},
                      {"command_line", comparison.command_line},
                      {"energy_model", report.at("energy_model")},
                      {"rows", rows}};
    return dumped(all, 2) + "\n";
}

}  // namespace

RowState ComparedRow::state() const {
    if (!refused.empty()) return RowState::kRefused;
    const Json &error = report.at("error"), &exactness = report.at("exactness");
    if (!exactness.is_null() && exactness.at("withheld").get<bool>()) return RowState::kInexact;
    if (!error.at("checked").get<bool>()) return RowState::kNotChecked;
    const Json& within = error.at("within_bound");
    if (within.is_null()) return RowState::kNothingCompared;
    return within.get<bool>() ? RowState::kWithinBound : RowState::kOutside;
}

std::string ComparedRow::name() const {
    return fmt::format("{}, {}, {}{}", schedule, profile, mask, stacked ? ", stacked" : "");
}

std::string ComparedRow::inexact() const {
    if (!refused.empty() || report["exactness"].is_null()) return "";
    const Json& reason = report["exactness"]["reason"];
    return reason.is_null() ? "" : "not exact: " + reason.get<std::string>();
}

std::string ComparedRow::reason() const {
    switch (state()) {
        case RowState::kNotChecked: return report["error"]["reason"].get<std::string>();
        case RowState::kInexact: return inexact();
        case RowState::kNothingCompared: return "the check could compare none of its elements";
        default: return refused;
    }
}

std::string comparison_text(const Comparison& comparison, const std::string& format) {
    if (format == "json") return json(comparison);
    if (format == "csv") return csv(comparison);
    if (format == "markdown") return markdown(comparison);
    return table(comparison);
}

}  // namespace tessera::host
