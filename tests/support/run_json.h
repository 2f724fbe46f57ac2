// SPDX-License-Identifier: MIT
// `tessera run` of a job that has to succeed, and its report.
#pragma once
#include <nlohmann/json.hpp>

#include "tests/support/run_tessera.h"

namespace tessera::test {

inline nlohmann::json run_json(const std::string& arguments) {
    const Finished finished = run_tessera("run --format json " + arguments);
    INFO(arguments << "\n" << finished.err);
    REQUIRE(finished.exit_code == 0);
    return nlohmann::json::parse(finished.out);
}

}  // namespace tessera::test
