// SPDX-License-Identifier: MIT
// Reference, model and RTL on the same cases, everything compared.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/verify/case.h"
#include "include/tessera/run_hooks.h"

namespace tessera::verify {

/// What a series of cases added up to.
struct Totals {
    uint64_t jobs = 0, commands = 0, cycles = 0, elements = 0, differences = 0;
    double model_seconds = 0, rtl_seconds = 0;  ///< wall clock in the simulations
    std::string inexact;  ///< what is not exact in the first result that is known not to be

    /// The closing line: jobs, commands, cycles, elements compared, differences, speeds.
    std::string line() const;
};

/// Runs `c` on the model and on the device that `rtl` makes, each in a process of its own. Compares
/// the two, and the model with the reference; adds to `totals`. Returns the report of the first
/// divergence, empty if there is none. A simulation is stopped after `timeout_seconds`. `progress`
/// hears how far each is; what it returns does not matter.
std::string verify_case(const Case& c, const hw::DeviceFactory& rtl, unsigned timeout_seconds,
                        Totals& totals, const RunHooks& progress = {});

}  // namespace tessera::verify
