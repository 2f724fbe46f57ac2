// SPDX-License-Identifier: MIT
// An approximate run in the table and in report.json.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "host/run/run_record.h"

namespace tessera::host {

struct ReportRow {
    std::string label, value, remark;
};

/// Rows of the table; none if the run is exact.
std::vector<ReportRow> approximation_rows(const RunRecord& record);
/// Member `approximation` of report.json (docs/use/report.md); null if the run is exact.
nlohmann::ordered_json approximation_json(const RunRecord& record);

}  // namespace tessera::host
