// SPDX-License-Identifier: MIT
// What the tests of `tessera verify` share.
#pragma once
#include <cstdio>
#include <memory>
#include <regex>
#include <string>

#include "hw_model/device.h"
#include "tests/support/catch.h"
#include "tests/support/run_tessera.h"

namespace tessera::test {

/// Checks the closing line, counts what it says was compared, and returns the number of jobs.
inline uint64_t jobs_without_difference(const Finished& f) {
    INFO(f.out << f.err);
    std::smatch m;
    const std::regex line(
        "jobs: (\\d+), commands: (\\d+), cycles: (\\d+), elements compared: (\\d+), differences: "
        "0, model: \\d+ cycles/s, RTL: \\d+ cycles/s\n$");
    REQUIRE(std::regex_search(f.out, m, line));
    CHECK(f.exit_code == 0);
    CHECK(f.err == "");
    std::printf("compared %s items of reference, model and RTL, 0 different\n", m[4].str().c_str());
    CHECK(std::stoull(m[2]) > 0);
    return std::stoull(m[1]);
}

/// The model with twice the lanes: other cycles, the same bits.
inline std::unique_ptr<hw::DeviceBase> quick_device(const sc_core::sc_module_name& name,
                                                    const hw::PlatformConfig& config,
                                                    uint32_t index) {
    spec::DeviceParams params = config.params;
    params.lanes *= 2;
    return std::make_unique<hw::Device>(name, params, index, false, config.trace_commands);
}

}  // namespace tessera::test
