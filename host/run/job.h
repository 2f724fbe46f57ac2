// SPDX-License-Identifier: MIT
// The job that an experiment asks for: machine, problem, inputs, their place in device memory.
#pragma once
#include <functional>
#include <vector>

#include "host/config/config.h"
#include "host/operation/layout.h"
#include "host/predict/auto_schedule.h"
#include "host/problem/inputs.h"
#include "include/tessera/experiment.h"

namespace tessera::host {

struct Job {
    ResolvedConfig config;
    Problem problem;
    Inputs inputs;
    Layout layout;
    std::vector<Candidate> candidates;  ///< of the schedule auto; the first was chosen
};

/// Reads and checks everything of attention; UserError says what is wrong. With `timing_only` the
/// tensors' data is not looked at. `planned` hears of the job when all but the data is known, which
/// may take long to read.
Job make_job(const Experiment& experiment, bool timing_only,
             const std::function<void(const Job& job)>& planned = {});

}  // namespace tessera::host
