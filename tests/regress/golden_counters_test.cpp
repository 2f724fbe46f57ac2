// SPDX-License-Identifier: MIT
// Runs each workload of golden_counters.json with the program and compares every counter with the
// recorded one. TESSERA_UPDATE_GOLDEN=1 records instead (and fails, so that it is noticed).
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/compared.h"

namespace {

/// Counters of one run of the program, by name.
nlohmann::json run(const std::string& arguments) {
    const std::string command =
        std::string(TESSERA_PROGRAM) + " run --format json " + arguments + " 2>&1";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    REQUIRE(pipe != nullptr);
    std::string text;
    char buffer[4096];
    for (size_t n = 0; (n = fread(buffer, 1, sizeof buffer, pipe.get())) != 0;)
        text.append(buffer, n);
    INFO(command << "\n" << text);
    const nlohmann::json report = nlohmann::json::parse(text, nullptr, false);
    REQUIRE_FALSE(report.is_discarded());
    nlohmann::json counters;
    for (const auto& [name, counter] : report.at("counters").items())
        counters[name] = counter.at("value");
    return counters;
}

}  // namespace

TEST_CASE("no counter of the golden workloads has moved") {
    std::ifstream file(TESSERA_GOLDEN);
    REQUIRE(file.good());
    nlohmann::json golden = nlohmann::json::parse(file);
    file.close();
    const bool update = std::getenv("TESSERA_UPDATE_GOLDEN") != nullptr;
    tessera::test::Compared compared("counters");
    for (nlohmann::json& workload : golden) {
        const std::string arguments = workload.at("arguments");
        const nlohmann::json counters = run(arguments);
        if (update) workload["counters"] = counters;
        const nlohmann::json& expected = workload.at("counters");
        for (const auto& [name, value] : counters.items()) {
            const auto where = [&, key = name] { return arguments + ": " + key; };
            compared.holds(expected.contains(name), where);
            if (expected.contains(name)) compared.equal(value.dump(), expected[name].dump(), where);
        }
    }
    if (!update) return;
    std::ofstream(TESSERA_GOLDEN) << golden.dump(1) << "\n";
    FAIL("golden_counters.json was recorded anew: name the change in CHANGELOG.md");
}
