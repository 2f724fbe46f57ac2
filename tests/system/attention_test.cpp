// SPDX-License-Identifier: MIT
// Long contexts through the firmware: ragged lengths, masks, alignments, schedules and formats,
// against the double reference; both schedules give the same bits.
#include "tests/support/attention_run.h"

using namespace tessera;
using test::AttentionSetup;
using test::Compared;

namespace {

struct Counts {
    Compared elements{"elements and rows within the bound"};
    Compared orders{"elements equal in both schedules"};
    Compared identities{"counter identities"};
};

/// Both schedules against each other and one of them against the reference.
void compare(Counts& counts, AttentionSetup setup) {
    INFO(setup.name());
    setup.problem.schedule = fw::ScheduleId::kQueryResident;
    const test::AttentionRun a = test::run_attention(setup);
    setup.problem.schedule = fw::ScheduleId::kKeyValueResident;
    const test::AttentionRun b = test::run_attention(setup);
    test::check_bound(counts.elements, setup, a);
    test::check_identities(counts.identities, a.outcome);
    test::check_identities(counts.identities, b.outcome);
    REQUIRE(a.o.size() == b.o.size());
    for (size_t i = 0; i < a.o.size(); ++i)
        counts.orders.equal(test::bits_of(a.o[i]), test::bits_of(b.o[i]),
                            [&] { return setup.name(); });
    for (size_t i = 0; i < a.lse.size(); ++i) counts.orders.equal(a.lse[i], b.lse[i]);
}

/// 1, M-1, M, M+1, 3M+7.
std::vector<uint32_t> lengths(const std::string& preset) {
    const uint32_t m = test::device_params(preset).m;
    return {1, m - 1, m, m + 1, 3 * m + 7};
}

}  // namespace

TEST_CASE("ragged lengths, dense and causal, both formats") {
    const uint64_t seed = test::test_random()();
    Counts counts;
    for (const char* preset : {"tiny", "odd"})
        for (const uint32_t n : lengths(preset))
            for (const bool causal : {false, true})
                for (const bool bf16 : {false, true}) {
                    const spec::DeviceParams p = test::device_params(preset);
                    AttentionSetup s =
                        test::random_attention(preset, 2, 2, n, n, p.d, p.d, seed + n);
                    s.problem.mask.causal = causal;
                    s.problem.bf16_output = bf16;
                    s.problem.want_lse = !bf16;
                    compare(counts, s);
                }
}

TEST_CASE("other numbers of queries than keys, aligned at the end and at the start") {
    const uint64_t seed = test::test_random()();
    Counts counts;
    const std::pair<uint32_t, uint32_t> kShapes[] = {{1, 55},  {55, 1},  {17, 40}, {40, 17},
                                                     {16, 48}, {48, 16}, {33, 31}, {5, 90}};
    for (const auto& [nq, nk] : kShapes)
        for (const bool causal : {false, true})
            for (const auto align : {host::Align::kEnd, host::Align::kStart}) {
                if (!causal && align == host::Align::kStart) continue;
                AttentionSetup s = test::random_attention("tiny", 1, 1, nq, nk, 13, 13, seed);
                s.problem.mask.causal = causal;
                s.problem.mask.align = align;
                s.problem.want_lse = true;
                compare(counts, s);
            }
}

TEST_CASE("other value dimensions than key dimensions") {
    const uint64_t seed = test::test_random()();
    Counts counts;
    const std::pair<uint32_t, uint32_t> kDims[] = {{1, 1}, {1, 24}, {24, 1}, {7, 20}, {23, 9}};
    for (const auto& [d_k, d_v] : kDims)
        for (const bool bf16 : {false, true}) {
            AttentionSetup s = test::random_attention("odd", 1, 1, 60, 101, d_k, d_v, seed);
            s.problem.mask.causal = true;
            s.problem.bf16_output = bf16;
            s.problem.want_lse = true;
            compare(counts, s);
        }
}

TEST_CASE("several hundred tokens on small and base") {
    const uint64_t seed = test::test_random()();
    Counts counts;
    for (const char* preset : {"small", "base"}) {
        AttentionSetup s = test::random_attention(preset, 1, 1, 391, 391, 64, 64, seed);
        s.problem.mask.causal = true;
        s.problem.want_lse = true;
        compare(counts, s);
    }
}

TEST_CASE("random stalls change cycles and no bit") {
    const uint64_t seed = test::test_random()();
    Compared bits("elements with and without stalls");
    Compared cycles("runs that take longer with stalls");
    Compared identities("counter identities");
    AttentionSetup s = test::random_attention("tiny", 2, 1, 55, 55, 16, 16, seed);
    const test::AttentionRun plain = test::run_attention(s);
    for (uint64_t i = 0; i < 6; ++i) {
        s.platform.memory.stall = hw::StallConfig{seed + i, 300, 25};
        const test::AttentionRun stalled = test::run_attention(s);
        REQUIRE(stalled.o.size() == plain.o.size());
        for (size_t k = 0; k < plain.o.size(); ++k)
            bits.equal(test::bits_of(stalled.o[k]), test::bits_of(plain.o[k]));
        cycles.holds(stalled.outcome.counter(spec::Counter::kCycles) >
                         plain.outcome.counter(spec::Counter::kCycles),
                     [] { return "cycles"; });
        test::check_identities(identities, stalled.outcome);
    }
}
