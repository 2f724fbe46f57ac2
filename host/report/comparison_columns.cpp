// SPDX-License-Identifier: MIT
#include "host/report/comparison_columns.h"

#include <stdexcept>

namespace tessera::host {

const char* heads_name(const ComparedRow& row) { return row.stacked ? "stacked" : "separate"; }

const Section& first_report(const Comparison& comparison) {
    for (const ComparedRow& row : comparison.rows)
        if (row.has_report()) return row.report;
    throw std::logic_error("a comparison without a run");
}

const Figure* figure_of(const Section& report, const ComparedColumn& column) {
    const Section& member = report.section(column.member);
    const char* key = column.better != nullptr && member.find(column.better) != nullptr
                          ? column.better
                          : column.key;
    return member.find(key) == nullptr ? nullptr : &member.at(key);
}

}  // namespace tessera::host
