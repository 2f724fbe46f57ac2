// SPDX-License-Identifier: MIT
// When does each command start and retire? docs/contract/timing.md read literally: every rule is a
// condition on a cycle, and all of them are tried in every cycle. Slow and plain, shares nothing
// with the model but the constants of spec/ and the hash of the random stalls.
#pragma once
#include <functional>
#include <vector>

#include "hw_model/config.h"
#include "hw_model/core/trace.h"
#include "spec/counters.h"
#include "tests/support/machine.h"

namespace tessera::test {

struct OracleInput {
    spec::DeviceParams params;
    hw::MemoryConfig memory;
    std::vector<spec::Descriptor> descriptors;
    std::vector<RegisterWrite> writes;  ///< as the device sampled them
    const Bytes* image = nullptr;       ///< memory contents, for index lists
};

struct OracleResult {
    std::vector<hw::CommandTrace> commands;
    std::vector<hw::LaneGroupTrace> groups;
    /// Of the window that ends with the last FENCE. All counters but the row flags.
    std::array<uint64_t, spec::kCounters> counters{};
    /// The first error, if there is one; `counters` mean nothing then.
    spec::ErrorCode error = spec::ErrorCode::kNone;
    uint32_t error_tag = 0;
    uint64_t error_cycle = 0;
};

/// Predicts a run that starts with a fresh device and ends with a FENCE or an error. Throws if it
/// ends with neither.
OracleResult predict(const OracleInput& input);

}  // namespace tessera::test
