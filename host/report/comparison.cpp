// SPDX-License-Identifier: MIT
#include "host/report/comparison.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "host/report/comparison_columns.h"
#include "host/report/comparison_table.h"
#include "host/report/document_json.h"

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
        case RowState::kRefused: return "refused";
        case RowState::kFailed: break;
    }
    return "failed";
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
            const Figure* figure = row.has_report() ? figure_of(row.report, column) : nullptr;
            text += "," + (figure == nullptr ? "" : value_text(figure->value));
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
             {"problem", "configuration", "oracle", "derived", "exactness", "error", "counters"})
            entry[member] = row.has_report() ? report_json(row.report, member) : Json();
        rows.push_back(std::move(entry));
    }
    const Section& report = first_report(comparison);
    const Json all = {{"schema", "tessera.compare"},
                      {"schema_version", kComparisonSchemaVersion},
                      {"tool", report_json(report, "tool")},
                      {"command_line", comparison.command_line},
                      {"energy_model", report_json(report, "energy_model")},
                      {"rows", rows}};
    return dumped(all, 2) + "\n";
}

}  // namespace

RowState ComparedRow::state() const {
    if (!refused.empty()) return RowState::kRefused;
    if (!failed.empty()) return RowState::kFailed;
    if (report.has("exactness") && report.flag("exactness.withheld")) return RowState::kInexact;
    if (!report.flag("error.checked")) return RowState::kNotChecked;
    if (!report.has("error.within_bound")) return RowState::kNothingCompared;
    return report.flag("error.within_bound") ? RowState::kWithinBound : RowState::kOutside;
}

std::string ComparedRow::name() const {
    return fmt::format("{}, {}, {}{}", schedule, profile, mask, stacked ? ", stacked" : "");
}

std::string ComparedRow::inexact() const {
    if (!has_report() || !report.has("exactness.reason")) return "";
    return "not exact: " + report.text("exactness.reason");
}

std::string ComparedRow::reason() const {
    switch (state()) {
        case RowState::kNotChecked: return report.text("error.reason");
        case RowState::kInexact: return inexact();
        case RowState::kNothingCompared: return "the check had nothing to compare";
        default: return refused + failed;
    }
}

std::string comparison_text(const Comparison& comparison, Format format) {
    switch (format) {
        case Format::kJson: return json(comparison);
        case Format::kCsv: return csv(comparison);
        case Format::kMarkdown: return comparison_markdown(comparison);
        case Format::kTable: break;
    }
    return comparison_table(comparison);
}

}  // namespace tessera::host
