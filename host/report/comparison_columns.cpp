// SPDX-License-Identifier: MIT
#include "host/report/comparison_columns.h"

#include <stdexcept>

namespace tessera::host {

using Json = nlohmann::ordered_json;

const char* heads_name(const ComparedRow& row) { return row.stacked ? "stacked" : "separate"; }

const Json& first_report(const Comparison& comparison) {
    for (const ComparedRow& row : comparison.rows)
        if (row.refused.empty()) return row.report;
    throw std::logic_error("a comparison without a run");
}

Json figure_of(const Json& report, const ComparedColumn& column) {
    const Json& member = report.at(column.member);
    if (column.better != nullptr && member.contains(column.better)) return member[column.better];
    const auto found = member.find(column.key);
    return found == member.end() ? Json() : *found;
}

}  // namespace tessera::host
