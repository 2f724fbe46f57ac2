// SPDX-License-Identifier: MIT
// The mask on the command line.
#pragma once
#include "include/tessera/experiment.h"

namespace CLI {
class App;
}

namespace tessera::host {

inline constexpr const char* kDocumentsAllowed =
    "whole numbers with commas between them: 0,100,250";

void add_mask_options(CLI::App& run, Experiment::Mask& mask);

}  // namespace tessera::host
