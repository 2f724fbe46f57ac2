// SPDX-License-Identifier: MIT
// `tessera gemm`: a product of two matrices on the device.
#pragma once
#include <string>
#include <vector>

#include "host/cli/options.h"

namespace tessera::host {

/// Multiplies and prints the report; the exit code. UserError, DeviceError.
int product_command(const RunOptions& options, const std::vector<std::string>& command_line);

}  // namespace tessera::host
