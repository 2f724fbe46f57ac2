// SPDX-License-Identifier: MIT
// Options of commands for kernels (operation_run.h) that no other command has.
#pragma once
#include "host/cli/options.h"

namespace CLI {
class App;
}

namespace tessera::host {

/// What --out is for.
inline constexpr const char* kOperationFiles = "report.json and out.safetensors";
/// Up to what size the check is on by default.
inline constexpr const char* kOperationCheckLimit = "2^33 multiply-adds";

/// Inputs and output format of `tessera gemm`.
void add_gemm_options(CLI::App& gemm, RunOptions& o);
/// UserError unless there is exactly one input.
void check_gemm_inputs(const RunOptions& o);

/// What `tessera linear` has beside its inputs.
void add_linear_options(CLI::App& linear, RunOptions& o);

}  // namespace tessera::host
