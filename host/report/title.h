// SPDX-License-Identifier: MIT
// The head of the report: what was computed, on which machine, from which input.
#pragma once
#include <string>

#include "host/run/run_record.h"

namespace tessera::host {

/// The machine, a line: "tessera 0.1.0 on device base (...), memory hbm3". `devices`: "2 x " if
/// they are several; `implementation`: ", RTL" if it is that.
std::string machine_text(const ResolvedConfig& config, const std::string& devices,
                         const std::string& implementation);
/// Machine, input and workload of an attention, a line each.
std::string title_text(const RunRecord& record);

}  // namespace tessera::host
