// SPDX-License-Identifier: MIT
// Random command sequences on the model against the golden device: every byte of memory, and the
// row flag counters.
#include "host/verify/golden_check.h"
#include "tests/support/compared.h"
#include "tests/support/machine.h"

using namespace tessera;

namespace {

void compare_random(const std::string& preset, uint32_t sequences, uint32_t most_commands) {
    auto random = test::test_random();
    const spec::DeviceParams params = test::device_params(preset);
    verify::Comparison comparison;
    for (uint32_t i = 0; i < sequences; ++i) {
        verify::ScenarioOptions options;
        options.commands = 6 + static_cast<uint32_t>(random() % (most_commands - 5));
        const verify::Scenario s = verify::random_scenario(random, params, options);
        const verify::Outcome outcome = verify::run_scenario(s);
        INFO(preset << " sequence " << i << " of seed " << test::test_seed());
        REQUIRE(outcome.failure == "");
        verify::compare_with_golden(s, outcome, true, comparison);
    }
    test::report(comparison, "bytes and row counters on " + preset);
}

}  // namespace

TEST_CASE("bits of random sequences on tiny parameters") { compare_random("tiny", 140, 80); }
TEST_CASE("bits of random sequences on odd parameters") { compare_random("odd", 90, 60); }
TEST_CASE("bits of random sequences on broad rows") { compare_random("broad", 30, 40); }
TEST_CASE("bits of random sequences with one row per lane") { compare_random("thin", 40, 60); }
TEST_CASE("bits of random sequences with eight rows per lane") { compare_random("eight", 40, 60); }
TEST_CASE("bits of random sequences on small parameters") { compare_random("small", 30, 40); }
