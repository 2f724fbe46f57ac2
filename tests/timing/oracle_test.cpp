// SPDX-License-Identifier: MIT
// Every start and retirement of random command sequences, and every counter, against the timing
// oracle: a cycle-by-cycle reading of docs/contract/timing.md.
#include "host/verify/command_words.h"
#include "host/verify/scenario.h"
#include "spec/counters.h"
#include "tests/support/compared.h"
#include "tests/support/timing_oracle.h"

using namespace tessera;
using test::Compared;

namespace {

/// Counters that depend on data, which the oracle does not know.
bool is_row_flag(uint32_t c) { return c >= static_cast<uint32_t>(spec::Counter::kRowsEmpty); }

std::string place(const test::Scenario& s, uint64_t number, const char* what) {
    return std::string(what) + " of command " + std::to_string(number) + ", " +
           test::describe(s.commands[number]);
}

void compare_commands(Compared& compared, const test::Scenario& s, const test::Outcome& model,
                      const test::OracleResult& oracle) {
    REQUIRE(model.commands.size() == oracle.commands.size());
    for (size_t i = 0; i < model.commands.size(); ++i) {
        const hw::CommandTrace &a = model.commands[i], &b = oracle.commands[i];
        compared.equal(a.dispatch, b.dispatch, [&] { return place(s, i, "dispatch"); });
        compared.equal(a.start, b.start, [&] { return place(s, i, "start"); });
        compared.equal(a.retire, b.retire, [&] { return place(s, i, "retirement"); });
        compared.equal(a.tag, b.tag, [&] { return place(s, i, "tag"); });
    }
}

void compare_groups(Compared& compared, const test::Scenario& s, const test::Outcome& model,
                    const test::OracleResult& oracle) {
    REQUIRE(model.groups.size() == oracle.groups.size());
    for (size_t i = 0; i < model.groups.size(); ++i) {
        const hw::LaneGroupTrace &a = model.groups[i], &b = oracle.groups[i];
        compared.equal(a.number, b.number);
        compared.equal(a.group, b.group);
        compared.equal(a.keys, b.keys, [&] { return place(s, a.number, "keys"); });
        compared.equal(a.score_start, b.score_start, [&] { return place(s, a.number, "S"); });
        compared.equal(a.value_start, b.value_start, [&] { return place(s, a.number, "V"); });
        compared.equal(a.merged, b.merged, [&] { return place(s, a.number, "merge"); });
    }
}

void compare_counters(Compared& compared, const test::Outcome& model,
                      const test::OracleResult& oracle) {
    for (uint32_t c = 0; c < spec::kCounters; ++c)
        if (!is_row_flag(c))
            compared.equal(model.counters[c], oracle.counters[c],
                           [&] { return std::string(spec::kCounterTable[c].name); });
}

test::OracleResult predict(const test::Scenario& s, const test::Outcome& outcome) {
    test::OracleInput input;
    input.params = s.platform.params;
    input.memory = s.platform.memory;
    input.descriptors = test::encode_all(s.commands);
    input.writes = outcome.writes;
    input.image = &s.image;
    return test::predict(input);
}

void compare_random(const std::string& preset, uint32_t sequences, uint32_t most_commands) {
    auto random = test::test_random();
    spec::DeviceParams params = test::device_params(preset);
    REQUIRE(spec::params_error(params) == nullptr);
    Compared commands("dispatch, start and retire cycles on " + preset);
    Compared groups("lane group cycles on " + preset);
    Compared counters("counters on " + preset);
    for (uint32_t i = 0; i < sequences; ++i) {
        test::ScenarioOptions options;
        params.key_ranges = i % 3 != 0;
        options.commands = 4 + static_cast<uint32_t>(random() % (most_commands - 3));
        test::Scenario s = test::random_scenario(random, params, options);
        s.platform.timing_only = random() % 2 == 0;
        const test::Outcome outcome = test::run_scenario(s);
        INFO(preset << " number " << i << " of seed " << test::test_seed());
        REQUIRE(outcome.failure == "");
        const test::OracleResult oracle = predict(s, outcome);
        compare_commands(commands, s, outcome, oracle);
        compare_groups(groups, s, outcome, oracle);
        compare_counters(counters, outcome, oracle);
    }
}

}  // namespace

TEST_CASE("cycles of random sequences on tiny parameters") { compare_random("tiny", 150, 60); }
TEST_CASE("cycles of random sequences on odd parameters") { compare_random("odd", 120, 60); }
TEST_CASE("cycles of random sequences with one row per lane") { compare_random("thin", 80, 60); }
TEST_CASE("cycles of random sequences with eight rows per lane") {
    compare_random("eight", 80, 60);
}
TEST_CASE("cycles of random sequences on small parameters") { compare_random("small", 60, 40); }
