// SPDX-License-Identifier: MIT
// What simulates the device: the model, or the RTL where this program has it.
#pragma once
#include <string>

#include "host/config/config.h"
#include "include/tessera/experiment.h"

namespace tessera::host {

/// Empty for the model. The RTL writes its waveform to `wave` unless that is empty. UserError if
/// this program has no RTL with the parameters of `config`.
hw::DeviceFactory device_factory(Implementation implementation, const ResolvedConfig& config,
                                 const std::string& wave);

}  // namespace tessera::host
