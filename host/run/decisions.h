// SPDX-License-Identifier: MIT
// What was chosen where an experiment leaves it open, and why: for --verbose.
#pragma once
#include <string>
#include <vector>

#include "host/run/job.h"

namespace tessera::host {

/// A sentence each. Fields stand between backticks.
std::vector<std::string> decisions_on(const Experiment& experiment, const Job& job);

}  // namespace tessera::host
