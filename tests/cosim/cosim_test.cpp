// SPDX-License-Identifier: MIT
// Model and RTL, bit for bit and cycle for cycle: random command sequences past the driver, and
// attention jobs through it, with random memory stalls.
#include "tests/cosim/cosim.h"

#include "tests/support/compared.h"
#include "tests/support/random_commands.h"

using namespace tessera;

namespace {

void finish(const test::CosimTotals& totals, const std::string& name) {
    totals.print(name);
    CHECK(totals.elements > 0);
    CHECK(totals.differences == 0);
}

void sequences(const std::string& preset, uint64_t n, uint32_t commands) {
    const spec::DeviceParams params = test::device_params(preset);
    test::CosimTotals totals;
    const uint64_t seed = test::test_seed();
    n = test::cosim_count(n);
    for (uint64_t i = 0; i < n && !totals.enough(); ++i) {
        std::mt19937_64 random(seed + i);
        test::ScenarioOptions options;
        options.commands = 1 + static_cast<uint32_t>(random() % commands);
        const test::Scenario s = test::random_scenario(random, params, options);
        test::cosimulate(
            s.platform,
            [&](test::Machine& machine, test::Outcome& out) {
                machine.write_memory(0, s.image);
                machine.run(
                    [&](fw::Bus& bus) {
                        test::feed_raw(machine, bus, test::encode_all(s.commands), s.feed);
                    },
                    out);
            },
            "seed " + std::to_string(seed + i), totals);
    }
    finish(totals, "sequences on " + preset);
}

void jobs(const std::string& preset, uint64_t n, uint32_t max_tokens) {
    const spec::DeviceParams params = test::device_params(preset);
    test::CosimTotals totals;
    const uint64_t seed = test::test_seed();
    n = test::cosim_count(n);
    for (uint64_t i = 0; i < n && !totals.enough(); ++i) {
        std::mt19937_64 random(seed + i);
        const test::RandomJob j = test::random_job(random, params, max_tokens);
        const auto ring = 4u << random() % 5;
        const uint32_t watchdog = random() % 2 == 0 ? 0 : 1000000;
        test::cosimulate(
            j.platform,
            [&](test::Machine& machine, test::Outcome& out) {
                machine.write_memory(0, j.image);
                machine.run(
                    [&](fw::Bus& bus) {
                        fw::Driver driver(bus);
                        out.status = driver.init(machine.driver_config(ring, watchdog));
                        if (out.status.ok()) out.status = driver.run(j.job);
                        out.calls = driver.calls();
                    },
                    out);
                if (!out.status.ok()) throw std::runtime_error("the job failed");
            },
            "seed " + std::to_string(seed + i), totals);
    }
    finish(totals, "jobs on " + preset);
}

}  // namespace

TEST_CASE("random sequences on tiny") { sequences("tiny", 500, 40); }
TEST_CASE("random sequences on odd") { sequences("odd", 100, 30); }
TEST_CASE("random sequences on small") { sequences("small", 30, 24); }
TEST_CASE("jobs on tiny") { jobs("tiny", 500, 128); }
TEST_CASE("jobs on odd") { jobs("odd", 30, 144); }
TEST_CASE("jobs on small") { jobs("small", 10, 256); }
