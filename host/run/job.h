// SPDX-License-Identifier: MIT
// One attention to run: machine, problem, inputs, their place in device memory.
#pragma once
#include <vector>

#include "host/config/config.h"
#include "host/operation/layout.h"
#include "host/predict/auto_schedule.h"
#include "host/problem/inputs.h"

namespace tessera::host {

struct Job {
    ResolvedConfig config;
    Problem problem;
    Inputs inputs;
    Layout layout;
    std::vector<Candidate> candidates;  ///< of the schedule `auto`; the first was chosen
};

}  // namespace tessera::host
