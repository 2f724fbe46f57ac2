// SPDX-License-Identifier: MIT
// The report as a table that a person reads.
#pragma once
#include <string>

#include "host/run/run_record.h"

namespace tessera::host {

/// Lines of at most about 100 columns, ending with a line feed.
std::string report_table(const RunRecord& record);

/// 0.00123 with unit "s" as "1.23 ms": three digits, powers of 1,000.
std::string engineering(double x, const char* unit);

}  // namespace tessera::host
