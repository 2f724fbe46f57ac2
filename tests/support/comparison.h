// SPDX-License-Identifier: MIT
// What `tessera compare` prints, as JSON.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/csv.h"
#include "tests/support/run_tessera.h"

namespace tessera::test {

inline nlohmann::json comparison(const std::string& arguments) {
    const Finished f = run_tessera("compare --format json " + arguments);
    INFO(arguments << ": " << f.err);
    REQUIRE((f.exit_code == 0 || f.exit_code == 1));
    REQUIRE(f.err.empty());
    auto json = nlohmann::json::parse(f.out);
    REQUIRE(json["schema"] == "tessera.compare");
    REQUIRE(json["schema_version"] == 2);
    return json;
}

}  // namespace tessera::test
