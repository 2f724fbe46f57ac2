// SPDX-License-Identifier: MIT
// How good the result is, as rows of the table: flagged rows, what is known not to be exact, and
// the distance from double precision.
#pragma once
#include <vector>

#include "host/report/approximation_report.h"

namespace tessera::host {

std::vector<ReportRow> error_rows(const RunRecord& record);

}  // namespace tessera::host
