// SPDX-License-Identifier: MIT
// The DRAM channel with the shipped presets and the policy ramulator2 against the measurements of
// Ramulator 2.1: equal to the clock and to the last digit. And the page that shows the outcome.
// docs/results/memory.md says what this proves.
#include <cmath>
#include <fstream>
#include <sstream>

#include "tests/support/compared.h"
#include "tests/support/dram_reference.h"

using namespace tessera;

namespace {

constexpr const char *kAlone = "/ramulator2.json", *kMixed = "/ramulator2-mixed.json";

nlohmann::json reference_file(const char* name) {
    std::ifstream file(std::string(TESSERA_RAMULATOR) + name);
    REQUIRE(file.good());
    return nlohmann::json::parse(file);
}

/// Reads or writes alone, then both together.
std::vector<test::DramReference> all_references() {
    std::vector<test::DramReference> rows = test::dram_references(reference_file(kAlone));
    REQUIRE(rows.size() == 60);
    for (const test::DramReference& row : test::dram_references(reference_file(kMixed)))
        rows.push_back(row);
    REQUIRE(rows.size() == 148);
    return rows;
}

/// Our name of a constraint and the reference's, which has one nRCD where both are the same.
uint32_t reference_clocks(const nlohmann::json& preset, const std::string& name) {
    const bool split = preset.contains(name);
    return preset.at(split ? name : name.substr(0, 4)).get<uint32_t>();
}

}  // namespace

TEST_CASE("the presets have the constraints that Ramulator was run with") {
    test::Compared compared("constraints");
    using T = hw::DramTiming;
    const std::vector<std::pair<const char*, uint32_t T::*>> names = {
        {"nBL", &T::nBL},       {"nCL", &T::nCL},     {"nCWL", &T::nCWL},   {"nRCDRD", &T::nRCDRD},
        {"nRCDWR", &T::nRCDWR}, {"nRP", &T::nRP},     {"nRAS", &T::nRAS},   {"nRC", &T::nRC},
        {"nRTP", &T::nRTP},     {"nWR", &T::nWR},     {"nCCDS", &T::nCCDS}, {"nCCDL", &T::nCCDL},
        {"nRRDS", &T::nRRDS},   {"nRRDL", &T::nRRDL}, {"nWTRS", &T::nWTRS}, {"nWTRL", &T::nWTRL},
        {"nFAW", &T::nFAW},     {"nRFC", &T::nRFC},   {"nREFI", &T::nREFI}};
    for (const char* name : {kAlone, kMixed}) {
        const nlohmann::json presets = reference_file(name).at("presets");
        for (const char* config : {"ddr4_2400R", "hbm2_2000"}) {
            const nlohmann::json& there = presets.at(config);
            test::DramReference row;
            row.config = config;
            const hw::DramSpec here = test::reference_spec(row, hw::DramPolicy::kRamulator2);
            const double tCK_ps = there.at("tCK_ns").get<double>() * 1000;
            compared.equal(here.tCK_ps, static_cast<uint32_t>(std::lround(tCK_ps)));
            compared.equal(here.organisation.activate_clocks,
                           there.value("activate_command_cycles", 1u));
            for (const auto& constraint : names)
                compared.equal(here.timing.*constraint.second,
                               reference_clocks(there, constraint.first),
                               [&] { return config + std::string(" ") + constraint.first; });
        }
    }
}

TEST_CASE("clocks and latencies are those of Ramulator") {
    test::Compared clocks("clocks"), latencies("mean latencies");
    for (const test::DramReference& row : all_references()) {
        const test::DramMeasurement here = test::measure(row, hw::DramPolicy::kRamulator2);
        const test::DramMeasurement& there = row.expected;
        const auto name = [&](const char* what) {
            return [&row, what] { return row.name() + ": " + what; };
        };
        clocks.equal(here.clocks, there.clocks, name("clocks"));
        latencies.equal(here.latency.value(), there.latency.value(), name("latency"));
        if (there.read_latency)
            latencies.equal(here.read_latency.value(), *there.read_latency, name("read latency"));
        if (there.write_latency)
            latencies.equal(here.write_latency.value(), *there.write_latency,
                            name("write latency"));
    }
}

TEST_CASE("the page has the table of both policies") {
    const std::string begin = "<!-- policies: written by scripts/dram_table -->\n";
    std::ifstream file(TESSERA_MEMORY_PAGE);
    std::stringstream content;
    content << file.rdbuf();
    const std::string page = content.str();
    const size_t from = page.find(begin);
    REQUIRE(from != std::string::npos);
    const size_t to = page.find("<!-- end -->\n", from);
    REQUIRE(to != std::string::npos);
    std::istringstream shown(page.substr(from + begin.size(), to - from - begin.size()));
    std::istringstream table(test::policy_table(all_references()));
    test::Compared compared("lines of docs/results/memory.md (scripts/dram_table writes them)");
    std::string line, expected;
    while (std::getline(table, expected)) {
        if (!std::getline(shown, line)) line = "(none)";
        compared.equal(line, expected);
    }
    compared.equal(std::getline(shown, line).good(), false);
}
