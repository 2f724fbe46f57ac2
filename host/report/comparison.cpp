// SPDX-License-Identifier: MIT
#include "host/report/comparison.h"

#include <fmt/format.h>

#include "host/report/comparison_columns.h"
#include "host/report/comparison_table.h"
#include "host/report/report_json.h"

namespace tessera::host {
namespace {

using Json = nlohmann::ordered_json;

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

std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
}

std::string csv(const Comparison& comparison) {
    std::string text = "mask,heads,profile,schedule,status";
    for (const ComparedColumn& column : kComparedColumns)
        text += fmt::format(",{} [{}]", column.key, column.unit);
    text += ",reason\r\n";
    for (const ComparedRow& row : comparison.rows) {
        text += fmt::format("{},{},{},{},{}", csv_field(row.mask), heads_name(row), row.profile,
                            row.schedule, state_name(row.state()));
        for (const ComparedColumn& column : kComparedColumns) {
            const Json q = row.refused.empty() ? figure_of(row.report, column) : Json();
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
        case RowState::kNothingCompared: return "the check had nothing to compare";
        default: return refused;
    }
}

std::string comparison_text(const Comparison& comparison, const std::string& format) {
    if (format == "json") return json(comparison);
    if (format == "csv") return csv(comparison);
    if (format == "markdown") return comparison_markdown(comparison);
    return comparison_table(comparison);
}

}  // namespace tessera::host
