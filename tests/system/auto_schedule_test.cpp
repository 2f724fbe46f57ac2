// SPDX-License-Identifier: MIT
// --schedule auto against all that it chose from, simulated: never more than 2 % slower in cycles
// than the best, and its predicted bytes are the bytes.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "host/config/config.h"
#include "host/predict/auto_schedule.h"
#include "tests/support/attention_run.h"

using namespace tessera;
using test::AttentionSetup;
using test::Compared;

namespace {

struct Workload {
    std::string text;
    hw::PlatformConfig platform;
    host::Problem problem;
};

Workload random_workload(std::mt19937_64& random) {
    const auto draw = [&](uint32_t low, uint32_t high) {
        return low + static_cast<uint32_t>(random() % (high - low + 1));
    };
    const char* const kDevices[] = {"tiny", "small", "base", "wide"};
    const char* const kMemories[] = {"ideal", "ddr4-2400r", "ddr4-3200", "lpddr5-6400",
                                     "hbm2-2000-8ch"};
    Workload w;
    const std::string device = kDevices[draw(0, 3)], memory = kMemories[draw(0, 4)];
    w.platform = host::resolve_config(device, memory, {}).platform;
    w.platform.timing_only = true;
    w.platform.trace_commands = 0;
    const spec::DeviceParams& params = w.platform.params;
    host::Problem& p = w.problem;
    p.kv_heads = draw(1, 3);
    p.query_heads = p.kv_heads * (draw(0, 1) == 0 ? 1 : draw(2, 8));
    p.nq = draw(0, 2) == 0 ? draw(1, 8) : draw(1, 8 * params.m);
    p.nk = draw(0, 1) == 0 ? p.nq : draw(1, 20 * params.m);
    p.d_k = p.d_v = draw(0, 1) == 0 ? params.d : draw(1, params.d);
    p.scale = 1;
    p.want_lse = draw(0, 3) == 0;
    p.bf16_output = draw(0, 1) == 0;
    p.mask.causal = draw(0, 1) == 0;
    if (draw(0, 2) == 0) p.mask.window = draw(1, 4 * params.m);
    if (draw(0, 3) == 0) p.mask.sinks = draw(1, std::min(p.nk, params.m));
    w.text = device + ", " + memory + ", heads " + std::to_string(p.query_heads) + "/" +
             std::to_string(p.kv_heads) + ", " + std::to_string(p.nq) + " x " +
             std::to_string(p.nk) + ", d " + std::to_string(p.d_k) + ", " + p.mask.text();
    return w;
}

test::Outcome simulate(const Workload& w, const host::Candidate& candidate) {
    AttentionSetup setup;
    setup.platform = w.platform;
    setup.problem = w.problem;
    setup.problem.schedule = candidate.schedule;
    setup.problem.stacked = candidate.stacked;
    return test::run_attention(setup).outcome;
}

double ratio(uint64_t a, uint64_t b) { return static_cast<double>(a) / static_cast<double>(b); }

uint64_t bytes_of(const test::Outcome& outcome) {
    using spec::Counter;
    uint64_t bytes = 0;
    for (const Counter c : {Counter::kBytesQ, Counter::kBytesK, Counter::kBytesV, Counter::kBytesO,
                            Counter::kBytesStateRead, Counter::kBytesStateWrite,
                            Counter::kBytesIndex, Counter::kBytesDescriptor, Counter::kBytesRecord})
        bytes += outcome.counter(c);
    return bytes;
}

}  // namespace

TEST_CASE("auto is never more than 2 % slower than the best, over 200 random workloads") {
    auto random = test::test_random();
    Compared choices("choices"), bytes("predicted bytes");
    double worst = 0, largest_error = 0;
    uint32_t open = 0;  // workloads where the choice matters
    for (int n = 0; n < 200; ++n) {
        const Workload w = random_workload(random);
        const auto candidates =
            host::schedule_candidates(w.problem, {}, w.platform, Minimise::kCycles);
        REQUIRE(!candidates.empty());
        uint64_t best = UINT64_MAX, slowest = 0, chosen = 0;
        std::string text = w.text;
        for (const host::Candidate& c : candidates) {
            const test::Outcome outcome = simulate(w, c);
            const uint64_t cycles = outcome.counter(spec::Counter::kCycles);
            if (chosen == 0) chosen = cycles;
            best = std::min(best, cycles);
            slowest = std::max(slowest, cycles);
            text += "; " + c.name() + " " + std::to_string(c.prediction.cycles) + " predicted, " +
                    std::to_string(cycles) + " simulated";
            const double error = ratio(c.prediction.cycles, cycles) - 1;
            largest_error = std::max(largest_error, std::fabs(error));
            bytes.equal(c.prediction.bytes, bytes_of(outcome), [&] { return text; });
        }
        choices.holds(ratio(chosen, best) <= 1.02, [&] { return text; });
        worst = std::max(worst, ratio(chosen, best) - 1);
        if (ratio(slowest, best) > 1.02) ++open;
    }
    std::printf(
        "chosen over best: worst %.2f %%; %u workloads with more than 2 %% between best and "
        "slowest; predictions off by up to %.0f %%\n",
        100 * worst, open, 100 * largest_error);
}
