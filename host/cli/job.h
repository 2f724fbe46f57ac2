// SPDX-License-Identifier: MIT
// The job that a command line asks for: machine, problem, inputs, their place in device memory.
#pragma once
#include <string>

#include "host/cli/options.h"
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
    std::vector<Candidate> candidates;  ///< of --schedule auto; the first was chosen
};

/// Reads and checks everything; UserError says what is wrong. With `timing_only` the tensors' data
/// is not looked at.
Job make_job(const RunOptions& options, bool timing_only);

/// The dtype of the inputs as they were given, or that of each.
std::string dtypes_of(const Inputs& inputs);

/// What simulates the device: `options.impl`; empty for the model. The RTL writes its waveform to
/// `wave` unless that is empty. UserError if this program has no RTL with the parameters of
/// `config`.
hw::DeviceFactory device_factory(const RunOptions& options, const ResolvedConfig& config,
                                 const std::string& wave);

}  // namespace tessera::host
