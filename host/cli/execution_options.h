// SPDX-License-Identifier: MIT
// The run that a command line asks for.
#pragma once
#include "host/cli/options.h"
#include "host/run/execution.h"

namespace tessera::host {

/// Reads and checks the input and tells `hooks` of it. UserError.
Execution execution_of(const RunOptions& options, const RunHooks& hooks);

}  // namespace tessera::host
