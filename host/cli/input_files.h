// SPDX-License-Identifier: MIT
// The files that --input, --q, --k, --v, --tensors and --layout name.
#pragma once
#include "host/cli/options.h"
#include "host/problem/inputs.h"

namespace tessera::host {

/// UserError if --tensors or --layout is not understood. Nothing is opened.
InputFiles input_files(const RunOptions& options);

}  // namespace tessera::host
