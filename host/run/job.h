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
/// tensors' data is not looked at. `checked` hears of config and problem before anything is done
/// that takes long: the schedule is predicted and checked, the layout made, the data read.
Job make_job(const Experiment& experiment, bool timing_only,
             const std::function<void(const Job& job)>& checked = {});

}  // namespace tessera::host
