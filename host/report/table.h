// SPDX-License-Identifier: MIT
// The report as a table that a person reads.
#pragma once
#include <string>

#include "host/run/run_record.h"

namespace tessera::host {

/// Lines of at most about 100 columns, ending with a line feed.
std::string report_table(const RunRecord& record);

}  // namespace tessera::host
