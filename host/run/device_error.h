// SPDX-License-Identifier: MIT
// The device's (or its firmware's) refusal to go on, in words. The command ends with exit code 4.
#pragma once
#include <stdexcept>
#include <string>

#include "host/operation/layout.h"
#include "host/platform/platform.h"

namespace tessera::host {

class DeviceError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Returns if `outcome` is good, else throws DeviceError with the command that caused it.
/// std::logic_error if firmware refused the job: the host should have known.
void require_success(const RunOutcome& outcome, const Layout& layout,
                     const spec::DeviceParams& params);
/// The same of a job whose commands have no names.
void require_success(const fw::Status& status);

}  // namespace tessera::host
