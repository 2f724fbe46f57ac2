// SPDX-License-Identifier: MIT
// The DRAM channel with the shipped presets against the measurements of Ramulator 2.1 in
// ramulator2.json, and the page that shows the outcome. docs/memory.md says what this proves.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "tests/support/compared.h"
#include "tests/support/dram_reference.h"

using namespace tessera;

namespace {

constexpr double kClocksPercent = 0.5, kLatencyPercent = 1;

nlohmann::json reference_file() {
    std::ifstream file(TESSERA_RAMULATOR);
    REQUIRE(file.good());
    return nlohmann::json::parse(file);
}

/// Our name of a constraint and the reference's, which has one nRCD where both are the same.
uint32_t reference_clocks(const nlohmann::json& preset, const std::string& name) {
    const bool split = preset.contains(name);
    return preset.at(split ? name : name.substr(0, 4)).get<uint32_t>();
}

}  // namespace

TEST_CASE("the presets have the constraints that Ramulator was run with") {
    const nlohmann::json presets = reference_file().at("presets");
    test::Compared compared("constraints");
    using T = hw::DramTiming;
    const std::vector<std::pair<const char*, uint32_t T::*>> names = {
        {"nBL", &T::nBL},       {"nCL", &T::nCL},     {"nCWL", &T::nCWL},   {"nRCDRD", &T::nRCDRD},
        {"nRCDWR", &T::nRCDWR}, {"nRP", &T::nRP},     {"nRAS", &T::nRAS},   {"nRC", &T::nRC},
        {"nRTP", &T::nRTP},     {"nWR", &T::nWR},     {"nCCDS", &T::nCCDS}, {"nCCDL", &T::nCCDL},
        {"nRRDS", &T::nRRDS},   {"nRRDL", &T::nRRDL}, {"nWTRS", &T::nWTRS}, {"nWTRL", &T::nWTRL},
        {"nFAW", &T::nFAW},     {"nRFC", &T::nRFC},   {"nREFI", &T::nREFI}};
    for (const char* config : {"ddr4_2400R", "hbm2_2000"}) {
        const nlohmann::json& there = presets.at(config);
        const hw::DramSpec here = test::reference_spec({config, "stream", 1, {}});
        compared.equal(here.tCK_ps,
                       static_cast<uint32_t>(std::lround(there.at("tCK_ns").get<double>() * 1000)));
        compared.equal(here.organisation.activate_clocks,
                       there.value("activate_command_cycles", 1u));
        for (const auto& name : names)
            compared.equal(here.timing.*name.second, reference_clocks(there, name.first),
                           [&] { return config + std::string(" ") + name.first; });
    }
}

TEST_CASE("clocks and latencies are those of Ramulator") {
    const std::vector<test::DramReference> rows = test::dram_references(reference_file());
    REQUIRE(rows.size() == 60);
    const std::vector<test::DramMeasurement> here = test::measure_all(rows);
    test::Compared clocks("clocks"), latencies("mean latencies"), exact("clocks to the clock");
    for (size_t i = 0; i < rows.size(); ++i) {
        const test::DramReference& row = rows[i];
        const double off = test::deviation(static_cast<double>(here[i].clocks),
                                           static_cast<double>(row.expected.clocks));
        const double late = test::deviation(here[i].mean_latency, row.expected.mean_latency);
        const auto where = [&](double percent) {
            return row.name() + ": off by " + std::to_string(percent) + " %";
        };
        clocks.holds(std::fabs(off) <= kClocksPercent, [&] { return where(off); });
        latencies.holds(std::fabs(late) <= kLatencyPercent, [&] { return where(late); });
        // Without a choice to make and without refresh nothing but the constraints is left.
        if (row.in_flight == 1 && !row.refresh())
            exact.equal(here[i].clocks, row.expected.clocks, [&] { return row.name(); });
    }
    const std::string table = test::deviation_table(rows, here);
    std::printf("%s", table.substr(table.rfind("\n\n") + 2).c_str());
}

TEST_CASE("the page has the table of deviations") {
    const std::string begin = "<!-- deviations: written by scripts/dram_table -->\n";
    std::ifstream file(TESSERA_MEMORY_PAGE);
    std::stringstream content;
    content << file.rdbuf();
    const std::string page = content.str();
    const size_t from = page.find(begin);
    REQUIRE(from != std::string::npos);
    const size_t to = page.find("<!-- end -->\n", from);
    REQUIRE(to != std::string::npos);
    std::istringstream shown(page.substr(from + begin.size(), to - from - begin.size()));
    const std::vector<test::DramReference> rows = test::dram_references(reference_file());
    std::istringstream table(test::deviation_table(rows, test::measure_all(rows)));
    test::Compared compared("lines of docs/memory.md (scripts/dram_table writes them)");
    std::string line, expected;
    while (std::getline(table, expected)) {
        if (!std::getline(shown, line)) line = "(none)";
        compared.equal(line, expected);
    }
    compared.equal(std::getline(shown, line).good(), false);
}
