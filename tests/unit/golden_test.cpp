// SPDX-License-Identifier: MIT
// Random command sequences on the model against the golden device: every byte of memory, and the
// row flag counters.
#include "tests/support/compared.h"
#include "tests/support/golden_device.h"
#include "tests/support/random_commands.h"

using namespace tessera;
using test::Compared;

namespace {

/// The command that wrote an address last.
std::string writer_of(const test::Scenario& s, uint64_t address) {
    std::string name = "nobody";
    const spec::DeviceParams& p = s.platform.params;
    for (size_t i = 0; i < s.commands.size(); ++i) {
        const spec::Command& c = s.commands[i];
        if (!c.is_store() || address < c.address) continue;
        const uint64_t row = (address - c.address) / c.pitch, at = (address - c.address) % c.pitch;
        if (row >= c.rows || at >= p.beats(spec::row_bytes(p, c)) * p.bus_bytes) continue;
        name = "row " + std::to_string(row) + " byte " + std::to_string(at) + " of command " +
               std::to_string(i) + ", " + test::describe(c);
    }
    return name;
}

void compare_random(const std::string& preset, uint32_t sequences, uint32_t most_commands) {
    auto random = test::test_random();
    const spec::DeviceParams params = test::device_params(preset);
    Compared bytes("bytes written on " + preset);
    Compared untouched("memories unchanged elsewhere, " + preset);
    Compared flags("row flag counters on " + preset);
    for (uint32_t i = 0; i < sequences; ++i) {
        test::ScenarioOptions options;
        options.commands = 6 + static_cast<uint32_t>(random() % (most_commands - 5));
        const test::Scenario s = test::random_scenario(random, params, options);
        const test::Outcome outcome = test::run_scenario(s);
        INFO(preset << " sequence " << i << " of seed " << test::test_seed());
        REQUIRE(outcome.failure == "");
        test::GoldenDevice golden(params, s.image);
        for (const spec::Command& c : s.commands) golden.execute(c);
        REQUIRE(outcome.memory.size() == golden.memory().size());
        for (uint64_t a = 0; a < golden.memory().size(); ++a) {
            if (!golden.written()[a] && outcome.memory[a] == golden.memory()[a]) continue;
            Compared& kind = golden.written()[a] ? bytes : untouched;
            kind.equal(outcome.memory[a], golden.memory()[a],
                       [&] { return "address " + std::to_string(a) + ": " + writer_of(s, a); });
        }
        untouched.holds(true, [] { return ""; });
        flags.equal(outcome.counter(spec::Counter::kRowsEmpty), golden.rows_empty);
        flags.equal(outcome.counter(spec::Counter::kRowsNan), golden.rows_nan);
        flags.equal(outcome.counter(spec::Counter::kRowsSaturated), golden.rows_saturated);
        flags.equal(outcome.counter(spec::Counter::kRowsDiv0), golden.rows_div0);
    }
}

}  // namespace

TEST_CASE("bits of random sequences on tiny parameters") { compare_random("tiny", 140, 80); }
TEST_CASE("bits of random sequences on odd parameters") { compare_random("odd", 90, 60); }
TEST_CASE("bits of random sequences with one row per lane") { compare_random("thin", 40, 60); }
TEST_CASE("bits of random sequences with eight rows per lane") { compare_random("eight", 40, 60); }
TEST_CASE("bits of random sequences on small parameters") { compare_random("small", 30, 40); }
