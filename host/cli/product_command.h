// SPDX-License-Identifier: MIT
// `tessera gemm`: a product of two matrices on the device.
#pragma once
#include <string>
#include <vector>

#include "host/cli/kernel_run.h"
#include "host/cli/options.h"

namespace tessera::host {

/// The product that `options` ask for, placed and, but with --timing-only, read. UserError.
KernelJob product_kernel(const RunOptions& options, const std::vector<std::string>& command_line);

/// Multiplies and prints the report; the exit code. UserError, DeviceError.
int product_command(const RunOptions& options, const std::vector<std::string>& command_line);

}  // namespace tessera::host
