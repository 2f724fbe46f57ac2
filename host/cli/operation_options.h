// SPDX-License-Identifier: MIT
// Options that only commands of an operation without softmax have.
#pragma once
#include "include/tessera/experiment.h"

namespace CLI {
class App;
}

namespace tessera::host {

/// What --out is for.
inline constexpr const char* kOperationFiles = "report.json, report.html and out.safetensors";
/// Up to what size the check is on by default.
inline constexpr const char* kOperationCheckLimit = "2^33 multiply-adds";

/// Inputs and output format of `tessera gemm`.
void add_gemm_options(CLI::App& gemm, Experiment::Workload& workload);
/// What `tessera linear` has beside its inputs.
void add_linear_options(CLI::App& linear, Experiment::Mask& mask);

}  // namespace tessera::host
