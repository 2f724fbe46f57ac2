// SPDX-License-Identifier: MIT
// The report of a command, as JSON.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/run_tessera.h"

namespace tessera::test {

/// The report of `tessera ARGUMENTS`, which must come to a good end.
inline nlohmann::json report_of(const std::string& arguments) {
    const Finished f = run_tessera(arguments + " --format json");
    INFO(arguments << ": " << f.err << f.out);
    REQUIRE(f.exit_code == 0);
    return nlohmann::json::parse(f.out);
}

inline double figure(const nlohmann::json& report, const char* key) {
    return report["derived"][key]["value"].get<double>();
}

}  // namespace tessera::test
