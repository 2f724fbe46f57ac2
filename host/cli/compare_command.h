// SPDX-License-Identifier: MIT
// `tessera compare`: one workload by many schedules, profiles and masks, each simulated in a
// process of its own, and their results as one list.
#pragma once
#include <string>
#include <vector>

#include "host/cli/options.h"

namespace tessera::host {

/// Runs all of it and writes the list; returns kExitGood, kExitMismatch if a row is outside its
/// error bound or a check that was asked for could compare nothing, or kExitNotValid if a row is
/// not exact. A combination that the device cannot run is a row that says why. Throws UserError,
/// also if there is no other row, and DeviceError; anything else is a bug.
int compare_command(const RunOptions& run, const CompareOptions& compare,
                    const std::vector<std::string>& command_line);

}  // namespace tessera::host
