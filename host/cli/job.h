// SPDX-License-Identifier: MIT
// The job that a command line asks for: machine, problem, inputs, their place in device memory.
#pragma once
#include <string>

#include "host/cli/options.h"
#include "host/run/job.h"

namespace tessera::host {

/// Reads and checks everything; UserError says what is wrong. With `timing_only` the tensors' data
/// is not looked at.
Job make_job(const RunOptions& options, bool timing_only);

/// What simulates the device: `options.impl`; empty for the model. The RTL writes its waveform to
/// `wave` unless that is empty. UserError if this program has no RTL with the parameters of
/// `config`.
hw::DeviceFactory device_factory(const RunOptions& options, const ResolvedConfig& config,
                                 const std::string& wave);

}  // namespace tessera::host
