// SPDX-License-Identifier: MIT
// The report as JSON: every number of a run with its unit, and how it came about.
// docs/use/report.md describes the schema; kReportSchemaVersion grows when a reader would have to
// change.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "host/report/json_parts.h"
#include "host/run/run_record.h"

namespace tessera::host {

nlohmann::ordered_json report_json(const RunRecord& record);

/// As text, with bytes that are no UTF-8 replaced; all on one line if `indent` is -1.
std::string dumped(const nlohmann::ordered_json& json, int indent);

}  // namespace tessera::host
