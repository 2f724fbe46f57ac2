// SPDX-License-Identifier: MIT
// What `tessera compare` compares: the rows that its command line asks for.
#pragma once
#include <string>
#include <vector>

#include "host/cli/options.h"

namespace CLI {
class App;
}

namespace tessera::host {

void add_compare_options(CLI::App& compare, CompareOptions& o);

/// One row: a job as `tessera run` takes it, and what sets it apart from the others.
struct Combination {
    Experiment experiment;
    std::string schedule, profile, mask;  ///< names, of a cover "cover half", the mask's in words
};

/// Every mask by heads by profile by schedule or cover, the last fastest. UserError if a name means
/// nothing; whether the device can run a combination is not known here.
std::vector<Combination> combinations(const Experiment& common, const CompareOptions& compare);

}  // namespace tessera::host
