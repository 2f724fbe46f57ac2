// SPDX-License-Identifier: MIT
// The device's (or its firmware's) refusal to go on, in words. The command ends with exit code 4.
#pragma once
#include <string>

#include "host/operation/layout.h"
#include "host/platform/platform.h"
#include "include/tessera/error.h"

namespace tessera::host {

class DeviceError : public Error {
  public:
    explicit DeviceError(const std::string& message) : Error(ErrorCode::kDevice, message) {}
};

/// Returns if `outcome` is good, else throws DeviceError with the command that caused it.
/// std::logic_error if firmware refused the job: the host should have known.
void require_success(const RunOutcome& outcome, const Layout& layout,
                     const spec::DeviceParams& params);
/// The same of a job whose commands have no names.
void require_success(const fw::Status& status);

}  // namespace tessera::host
