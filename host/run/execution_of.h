// SPDX-License-Identifier: MIT
// The run that an experiment asks for.
#pragma once
#include "host/run/execution.h"

namespace tessera::host {

/// Reads and checks the input and tells `hooks` of it. UserError.
Execution execution_of(const Experiment& experiment, const RunHooks& hooks);

}  // namespace tessera::host
