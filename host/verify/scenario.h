// SPDX-License-Identifier: MIT
// Random command sequences that are legal, defined and ordered: every row and column that is read
// was written before, and a FENCE stands between a store and a load of the same memory; all of them
// in the device's profile. Apart from that as odd as the contract allows.
#pragma once
#include <random>
#include <vector>

#include "host/verify/machine.h"
#include "hw_model/config.h"
#include "spec/command.h"

namespace tessera::verify {

struct Scenario {
    hw::PlatformConfig platform;
    Feed feed;
    Bytes image;                          ///< memory [0, kDataBytes) before the run
    std::vector<spec::Command> commands;  ///< the last one is an interrupting FENCE
};

struct ScenarioOptions {
    uint32_t commands = 32;
    bool stalls = true;
    bool odd_numbers = true;  ///< NaN, Inf, subnormals, wild factors and states
};

Scenario random_scenario(std::mt19937_64& random, const spec::DeviceParams& params,
                         const ScenarioOptions& options);

/// A command that the device's profile lacks, with nothing else wrong. A black box may have the
/// STORE_O among them after all, if the rows are of an identity. Not for `stateful`: it has them
/// all.
spec::Command foreign_command(std::mt19937_64& random, const spec::DeviceParams& params);

/// Runs it in a process of its own.
Outcome run_scenario(const Scenario& scenario);

}  // namespace tessera::verify
