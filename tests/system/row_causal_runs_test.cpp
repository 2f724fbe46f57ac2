// SPDX-License-Identifier: MIT
// --oracle causal on the whole machine, on all profiles: the exact attention in T^2 calls, in the
// cycles that were foretold; messages, and what a device takes whose mask can be switched off.
#include <cmath>

#include "host/predict/predict.h"
#include "tests/support/attention_run.h"
#include "tests/support/run_json.h"

using namespace tessera;
using test::AttentionSetup;
using test::Compared;
using test::contains;
using test::run_json;
using test::run_tessera;

namespace {

constexpr spec::Profile kProfiles[] = {spec::Profile::kStateful, spec::Profile::kStats,
                                       spec::Profile::kBlackbox};

AttentionSetup random_setup(std::mt19937_64& random, spec::Profile profile) {
    const auto draw = [&](uint32_t low, uint32_t high) {
        return low + static_cast<uint32_t>(random() % (high - low + 1));
    };
    const char* preset = draw(0, 3) == 0 ? "small" : "tiny";
    const spec::DeviceParams params = test::device_params(preset);
    const uint32_t kv_heads = draw(1, 2), tokens = draw(1, 5 * params.m);
    AttentionSetup s =
        test::random_attention(preset, kv_heads * draw(1, 2), kv_heads, tokens, tokens,
                               draw(1, params.d - 1), draw(1, params.d - 2), random());
    s.platform.params.profile = profile;
    s.problem.mask.causal = true;
    s.problem.row_causal = true;
    s.problem.bf16_output = draw(0, 1) == 0;
    s.problem.want_lse = draw(0, 2) == 0;
    s.problem.sentinel = host::choose_sentinel(s.problem, {}, s.platform.params);
    return s;
}

}  // namespace

TEST_CASE("random jobs: exact, in T^2 calls and the cycles that were foretold") {
    auto random = test::test_random();
    Compared bound("elements and rows within the bound");
    Compared figures("calls and cycles");
    for (int n = 0; n < 90; ++n) {
        const AttentionSetup s = random_setup(random, kProfiles[n % 3]);
        const auto where = [&] { return s.name(); };
        INFO(where());
        const test::AttentionRun run = test::run_attention(s);
        test::check_bound(bound, s, run);
        test::check_identities(figures, run.outcome);
        if (s.problem.sentinel.given()) continue;  // levels may be tried again
        const uint64_t m = s.platform.params.m, tiles = (s.problem.nq + m - 1) / m;
        figures.equal(run.outcome.calls, s.problem.query_heads * tiles * tiles, where);
        const host::Prediction prediction =
            host::predict(host::make_layout(s.problem, s.platform), s.platform);
        // Where firmware merges, a prediction is some cycles short for each FENCE of a batch.
        const double cycles = static_cast<double>(run.outcome.counter(spec::Counter::kCycles));
        const double off = std::fabs(static_cast<double>(prediction.cycles) - cycles);
        figures.holds(off <= (tiles == 1 ? 0 : 0.01) * cycles, [&] {
            return where() + ": " + std::to_string(prediction.cycles) + " cycles predicted, " +
                   std::to_string(run.outcome.counter(spec::Counter::kCycles)) + " simulated";
        });
    }
}

TEST_CASE("reports: calls, their bound, and those of a device whose mask can be switched off") {
    Compared figures("figures of reports");
    const std::string job =
        "--random 2,1000,60 --mask causal --device blackbox-64 --oracle causal --memory ideal ";
    for (const auto& [profile, tiles] :
         {std::pair{"stateful", 8u}, {"stats", 8u}, {"blackbox", 8u}}) {
        const std::string all = job + "--set device.profile=" + profile;
        const auto where = [&] { return all; };
        const auto json = run_json(all);
        const auto& derived = json["derived"];
        figures.equal(derived["calls"]["value"], 2 * tiles * tiles, where);
        figures.equal(derived["calls_formula"]["value"], 2 * tiles * tiles, where);
        figures.equal(derived["calls_at_least"]["value"], 2 * 61, where);  // 500,500 pairs / 8,256
        if (profile != std::string("blackbox"))
            figures.equal(derived["calls_mask_off"]["value"], 2 * 36, where);
        figures.equal(json["error"]["within_bound"], true, where);
    }
}

TEST_CASE("what an oracle that is always causal cannot do is refused by name") {
    Compared messages("messages");
    const std::string job = "run --device tiny --oracle causal --random 1,40,16 ";
    const std::pair<std::string, std::string> refused[] = {
        {"--mask dense", "--mask causal"},
        {"--mask causal --window 5", "--mask causal"},
        {"--mask causal --keys 50", "as many queries as keys"},
        {"--mask causal --schedule paired", "query-resident with --oracle causal"},
        {"--mask causal --num-devices 2", "1 with --oracle causal"},
        {"--mask causal --sink-logits random", "none: results are merged twice"},
    };
    for (const auto& refusal : refused) {
        const std::string& options = refusal.first;
        const test::Finished finished = run_tessera(job + options);
        messages.equal(finished.exit_code, 2, [&] { return options; });
        messages.holds(contains(finished.err, refusal.second),
                       [&] { return options + ": " + finished.err; });
    }
}
