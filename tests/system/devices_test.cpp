// SPDX-License-Identifier: MIT
// Two devices behind one arbiter: each computes what it would alone, and every engine still
// accounts for every cycle.
#include "tests/support/attention_run.h"

using namespace tessera;
using test::AttentionSetup;
using test::Compared;

TEST_CASE("two and three devices share the memory") {
    const uint64_t seed = test::test_random()();
    Compared bits("elements equal to those of a device alone");
    Compared identities("counter identities");
    Compared bytes("byte counters equal to those of a device alone");
    for (const uint32_t devices : {2u, 3u})
        for (const auto order : {fw::ScheduleId::kQueryResident, fw::ScheduleId::kKeyValueResident})
            for (const uint32_t stalls : {0u, 200u}) {
                AttentionSetup s = test::random_attention("tiny", 2, 1, 40, 55, 16, 16, seed);
                s.problem.mask.causal = true;
                s.problem.want_lse = true;
                s.problem.schedule = order;
                const test::AttentionRun alone = test::run_attention(s);
                s.platform.devices = devices;
                s.platform.memory.stall = hw::StallConfig{seed, stalls, 20};
                const auto runs = test::run_attention_on_all(s);
                REQUIRE(runs.size() == devices);
                for (const test::AttentionRun& run : runs) {
                    REQUIRE(run.o.size() == alone.o.size());
                    for (size_t i = 0; i < run.o.size(); ++i)
                        bits.equal(test::bits_of(run.o[i]), test::bits_of(alone.o[i]));
                    for (size_t i = 0; i < run.lse.size(); ++i)
                        bits.equal(run.lse[i], alone.lse[i]);
                    test::check_identities(identities, run.outcome);
                    for (auto c = spec::Counter::kBytesQ; c <= spec::Counter::kBytesRecord;
                         c = static_cast<spec::Counter>(static_cast<uint32_t>(c) + 1))
                        bytes.equal(run.outcome.counter(c), alone.outcome.counter(c));
                }
            }
}

TEST_CASE("without stalls two devices keep each other's cycles") {
    // `ideal` gives each device its own data bus, and all requests of a cycle are taken together.
    const uint64_t seed = test::test_random()();
    Compared cycles("command cycles of devices side by side");
    AttentionSetup s = test::random_attention("tiny", 1, 1, 55, 55, 16, 16, seed);
    const test::AttentionRun alone = test::run_attention(s);
    s.platform.devices = 2;
    for (const test::AttentionRun& run : test::run_attention_on_all(s)) {
        REQUIRE(run.outcome.commands.size() == alone.outcome.commands.size());
        for (size_t i = 0; i < run.outcome.commands.size(); ++i) {
            const hw::CommandTrace &a = run.outcome.commands[i], &b = alone.outcome.commands[i];
            cycles.equal(a.dispatch, b.dispatch);
            cycles.equal(a.start, b.start);
            cycles.equal(a.retire, b.retire);
        }
    }
}
