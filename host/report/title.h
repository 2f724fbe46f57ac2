// SPDX-License-Identifier: MIT
// The head of the report: what was computed, on which machine, from which input.
#pragma once
#include <string>

#include "host/run/run_record.h"

namespace tessera::host {

/// Machine, input and workload, a line each, and an empty line.
std::string title_text(const RunRecord& record);

}  // namespace tessera::host
