// SPDX-License-Identifier: MIT
// `tessera compare`: one workload by many schedules, profiles and masks, each simulated in a
// process of its own, and their results as one list.
#pragma once
#include <string>
#include <vector>

#include "host/cli/options.h"

namespace tessera::host {

/// Runs all combinations and writes the list. Returns kExitMismatch if a row is outside its error
/// bound, or if --check had nothing to compare; else kExitNotValid if a row is not exact; else
/// kExitGood. A combination that the device cannot run is a row that says why; UserError if there
/// is no other. Throws DeviceError, too; anything else is a bug.
int compare_command(const CommandLine& line, const std::vector<std::string>& command_line);

}  // namespace tessera::host
