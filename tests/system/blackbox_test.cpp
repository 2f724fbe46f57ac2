// SPDX-License-Identifier: MIT
// Devices of profile `blackbox`: they tell nothing but normalised results, and firmware gets the
// sums out of a sentinel's share. Every form under every mask within the bound; the error is that
// of `stats`, wherever the sentinel is; what it cannot tell is retried, or named.

#include "host/verify/case.h"
#include "spec/integers.h"
#include "tests/support/attention_run.h"
#include "tests/support/run_json.h"

using namespace tessera;
using fw::SentinelForm;
using test::AttentionSetup;
using test::Compared;
using test::contains;
using test::run_json;
using test::run_tessera;

namespace {

constexpr SentinelForm kForms[] = {SentinelForm::kColumns, SentinelForm::kSplit,
                                   SentinelForm::kTwoCalls};

void use_sentinel(AttentionSetup& s, SentinelForm form) {
    s.platform.params.profile = spec::Profile::kBlackbox;
    s.problem.sentinel = host::choose_sentinel(s.problem, {form, {}}, s.platform.params);
}

AttentionSetup random_setup(std::mt19937_64& random) {
    const auto below = [&](uint64_t n) { return static_cast<uint32_t>(random() % n); };
    const char* preset = below(4) == 0 ? "odd" : "tiny";
    const spec::DeviceParams p = test::device_params(preset);
    const uint32_t kv_heads = 1 + below(2), most = 6 * p.m;
    const uint32_t d_v = 1 + below(p.d);
    AttentionSetup s =
        test::random_attention(preset, kv_heads * (1 + below(3)), kv_heads, 1 + below(most),
                               1 + below(most), 1 + below(p.d), d_v, random());
    host::AttentionMask& mask = s.problem.mask;
    mask.align = below(2) == 0 ? host::Align::kEnd : host::Align::kStart;
    switch (below(6)) {
        case 0: break;
        case 1: mask.causal = true; break;
        case 2:
            mask.causal = true;
            mask.window = 1 + below(2 * p.m);
            mask.sinks = below(std::min(s.problem.nk, p.m));
            break;
        case 3:
            mask.causal = true;
            mask.block = 1u << below(6);
            mask.summary = 1 + below(mask.block);
            break;
        case 4: mask.block = 1u << below(6); break;
        default:
            s.problem.nk = s.problem.nq;
            for (uint32_t at = 0; at < s.problem.nk; at += 1 + at / 2) mask.documents.push_back(at);
    }
    s.problem.stacked = mask.summary == 0 && below(3) == 0;
    s.problem.schedule =
        below(2) == 0 ? fw::ScheduleId::kQueryResident : fw::ScheduleId::kKeyValueResident;
    s.problem.bf16_output = below(3) == 0;
    s.problem.want_lse = below(2) == 0;
    if (below(3) == 0) s.problem.scale *= 200;  // rows lie far apart: some are retried
    if (below(4) == 0) s.platform.memory.stall = hw::StallConfig{random(), 200, 20};
    return s;
}

uint64_t count_of(const nlohmann::json& report, const char* figure) {
    return report["derived"][figure]["value"].get<uint64_t>();
}

double rms_of(const nlohmann::json& report) {
    return report["error"]["rms_relative"]["value"].get<double>();
}

}  // namespace

TEST_CASE("every form under every mask, both schedules: within the bound") {
    auto random = test::test_random();
    Compared bound("elements and rows within the bound");
    Compared identities("counter identities");
    for (int n = 0; n < 150; ++n) {
        AttentionSetup s = random_setup(random);
        const SentinelForm form = kForms[n % 3];
        const spec::DeviceParams& p = s.platform.params;
        s.problem.d_v = std::min(s.problem.d_v, form == SentinelForm::kColumns ? p.d - 2 : p.d);
        s.problem.d_k = std::min(s.problem.d_k, s.problem.scale > 10 ? p.d - 1 : p.d);
        const AttentionSetup shaped = test::random_attention(
            p.m == 16 ? "tiny" : "odd", s.problem.query_heads, s.problem.kv_heads, s.problem.nq,
            s.problem.nk, s.problem.d_k, s.problem.d_v, random());
        s.inputs = shaped.inputs;
        use_sentinel(s, form);
        INFO(s.name() << ", " << host::sentinel_name(form));
        const test::AttentionRun run = test::run_attention(s);
        test::check_bound(bound, s, run);
        test::check_identities(identities, run.outcome);
    }
}

TEST_CASE("random jobs of `tessera verify`, some on several devices, sentinels at random levels") {
    const uint64_t seed = test::test_random()() % 1000000;
    spec::DeviceParams params = test::device_params("tiny");
    params.profile = spec::Profile::kBlackbox;
    verify::Comparison comparison;
    for (uint64_t n = 0; n < 150; ++n) {
        const verify::Case c = verify::attention_case(seed + n, params, 160);
        const verify::Outcome outcome = verify::run_machine(c.platform, c.body, c.memory_bytes);
        INFO(c.name);
        REQUIRE(outcome.failure == "");
        c.reference(outcome, comparison);
    }
    test::report(comparison, "elements and rows within the bound");
}

TEST_CASE("the error is that of stats, for 2 to 512 key tiles and any sentinel that tells") {
    Compared errors("runs whose rms error is within 5 % of that of stats");
    const std::string machine = "--device blackbox-64 --check --random 1,64,64 --keys ";
    for (const char* keys : {"256", "2048", "16384", "65536"}) {
        const double stats = rms_of(run_json(machine + keys + " --set device.profile=stats"));
        const std::string blackbox = machine + keys + " --set device.profile=blackbox";
        const bool longest = std::string(keys) == "65536";
        for (const char* form : {"columns", "split", "two-call"}) {
            if (longest && std::string(form) != "columns") continue;
            const double rms = rms_of(run_json(blackbox + " --sentinel " + form));
            errors.holds(std::fabs(rms - stats) <= 0.05 * stats, [&] {
                return std::string(keys) + " keys, " + form + ": " + std::to_string(rms) + " and " +
                       std::to_string(stats);
            });
        }
    }
    for (const char* keys : {"256", "4096"}) {
        const double stats = rms_of(run_json(machine + keys + " --set device.profile=stats"));
        for (int offset = -100; offset <= 60; offset += 10) {
            const auto report = run_json(machine + keys + " --set device.profile=blackbox " +
                                         "--sentinel-offset " + std::to_string(offset));
            errors.holds(std::fabs(rms_of(report) - stats) <= 0.05 * stats,
                         [&] { return "offset " + std::to_string(offset); });
            if (offset > -90 && offset < 50)
                errors.equal(count_of(report, "calls_retried"), 0u,
                             [&] { return "retried at " + std::to_string(offset); });
        }
    }
}

TEST_CASE("beyond what shares tell rows are retried, and then right") {
    Compared runs("runs");
    const std::string machine =
        "--device blackbox-64 --random 2,100,64 --keys 700 --set device.profile=blackbox ";
    for (const char* offset :
         {"-32767", "-3000", "-150", "-115", "75", "110", "140", "900", "32767"}) {
        const auto report = run_json(machine + "--sentinel-offset " + offset);
        const auto where = [&] { return std::string(offset); };
        runs.holds(count_of(report, "calls_retried") > 0, where);
        runs.holds(count_of(report, "rows_retried") >= 200, where);
        runs.equal(count_of(report, "calls"),
                   count_of(report, "calls_formula") + count_of(report, "calls_retried"), where);
        runs.holds(report["error"]["max_over_bound"]["value"].get<double>() <= 1, where);
    }
}

TEST_CASE("rows that no sentinel tells are named, and nothing is left behind") {
    Compared facts("facts");
    const test::Scratch folder;
    const std::string job =
        "run --device tiny --random 2,20,16 --keys 40 --set device.profile=blackbox --out " +
        (folder / "out");
    const auto good = run_tessera(job);
    facts.equal(good.exit_code, 0);
    const auto far = run_tessera(
        "run --device tiny --random 2,20,16 --keys 40 --scale 300 "
        "--set device.profile=blackbox --out " +
        (folder / "far"));
    facts.equal(far.exit_code, 4, [&] { return far.err; });
    for (const char* part :
         {"black-box device", "softmax sum", "head 0 row ", "the zero key", "larger D"})
        facts.holds(contains(far.err, part), [&] { return far.err; });
    const size_t at = far.err.find("black-box device: ") + 18;
    facts.holds(std::stoul(far.err.substr(at)) <= 40,
                [&] { return "a row named twice: " + far.err; });
    facts.equal(std::filesystem::exists(folder / "far/out.safetensors"), false);
    facts.equal(std::filesystem::exists(folder / "far/report.json"), false);
    const auto two = run_tessera(
        "run --device tiny --random 2,20,16 --keys 40 --scale 300 --num-devices 2 "
        "--set device.profile=blackbox");
    const auto count = [](const std::string& text) { return text.substr(0, text.find(" (")); };
    facts.equal(count(two.err), count(far.err));
    // The same where there is a column for the query's level.
    const auto told = run_tessera(
        "run --device tiny --random 2,20,15 --keys 40 --scale 300 "
        "--set device.profile=blackbox");
    facts.equal(told.exit_code, 0, [&] { return told.err; });
}

TEST_CASE("scores of 0, and factors that fp32 can hardly hold") {
    Compared runs("runs");
    for (const char* scale : {"0", "1e-40", "1e-37", "-1e-30", "1e-6", "-0.3"})
        for (const char* form : {"columns", "split", "two-call"}) {
            const auto report =
                run_json(std::string("--device tiny --random 2,20,12 --keys 50 --check --scale ") +
                         scale + " --set device.profile=blackbox --sentinel " + form);
            const auto where = [&] { return std::string(scale) + ", " + form; };
            runs.holds(report["error"]["max_over_bound"]["value"].get<double>() <= 1, where);
            runs.equal(count_of(report, "calls_retried"), 0u, where);
            runs.equal(count_of(report, "merge_rows_nan"), 0u, where);
        }
}

TEST_CASE("a NaN query that sees no key is an EMPTY row") {
    const uint64_t seed = test::test_random()();
    Compared rows("elements of rows that see no key");
    for (const SentinelForm form : kForms) {
        AttentionSetup s = test::random_attention("tiny", 1, 1, 40, 10, 12, 12, seed);
        s.problem.mask.causal = true;
        use_sentinel(s, form);
        const host::Operand q = s.inputs.q;
        s.inputs.q = test::operand_of(
            [](uint64_t row, uint64_t column) { return row == 28 && column == 3 ? NAN : 0.5f; },
            12);
        const test::AttentionRun run = test::run_attention(s);
        for (uint32_t i = 0; i < 30 * 12; ++i)
            rows.equal(test::bits_of(run.o[i]), 0u, [&] { return std::to_string(i / 12); });
    }
}

TEST_CASE("calls, bytes and merging are what the formulas say, also without data") {
    Compared figures("figures");
    struct Run {
        const char* arguments;
        uint64_t heads, nq, nk, d_v;
        uint32_t passes;
    };
    constexpr Run kRuns[] = {{"--random 2,100,12 --sentinel columns", 2, 100, 100, 12, 1},
                             {"--random 2,100,12 --sentinel split", 2, 100, 100, 12, 2},
                             {"--random 2,100,12 --sentinel two-call", 2, 100, 100, 12, 2},
                             {"--random 1,33,16", 1, 33, 33, 16, 2},
                             {"--random 1,5,8 --keys 7 --lse", 1, 5, 7, 8, 1}};
    constexpr uint64_t kM = 16, kBus = 16;
    for (const Run& r : kRuns) {
        const std::string arguments =
            "--device tiny --memory ideal --set device.profile=blackbox " +
            std::string(r.arguments);
        const auto json = run_json(arguments), timing = run_json(arguments + " --timing-only");
        const auto where = [&] { return std::string(r.arguments); };
        const uint64_t tiles = (r.nk + kM - 2) / (kM - 1), rows = r.heads * r.nq;
        figures.equal(count_of(json, "calls"),
                      r.heads * spec::divide_up(r.nq, kM) * tiles * r.passes, where);
        figures.equal(count_of(json, "merge_elements"), rows * (2 * tiles * (r.d_v + 1) + r.d_v),
                      where);
        const auto beats = [](uint64_t bytes) { return spec::round_up(bytes, kBus); };
        const uint64_t stored = r.passes == 1 ? beats(4 * (r.d_v + 2)) : beats(4 * r.d_v) + kBus;
        figures.equal(json["counters"]["bytes_o"]["value"], rows * tiles * stored, where);
        figures.equal(json["counters"]["bytes_state_write"]["value"], 0u, where);
        for (const char* figure : {"cycles", "end_cycle", "calls", "merge_elements", "merge_cycles",
                                   "merge_bytes_read", "merge_bytes_written"})
            figures.equal(json["derived"][figure]["value"], timing["derived"][figure]["value"],
                          [&] { return where() + ": " + figure; });
    }
}

TEST_CASE("NaN where nobody may look changes nothing, and in a query only its own row") {
    const uint64_t seed = test::test_random()();
    Compared bits("elements");
    for (const SentinelForm form : kForms) {
        AttentionSetup s = test::random_attention("tiny", 1, 1, 40, 40, 12, 12, seed);
        s.problem.mask.causal = true;
        use_sentinel(s, form);
        const test::AttentionRun clean = test::run_attention(s);
        const host::Operand k = s.inputs.k, q = s.inputs.q;
        s.inputs.q = test::operand_of(
            [q](uint64_t row, uint64_t column) {
                uint16_t x = 0;
                q.bf16(row * 12 + column, 1, &x);
                const uint32_t wide = uint32_t{x} << 16;
                float value;
                std::memcpy(&value, &wide, 4);
                return row == 7 && column == 3 ? NAN : value;
            },
            12);
        const test::AttentionRun dirty = test::run_attention(s);
        for (size_t i = 0; i < clean.o.size(); ++i)
            bits.holds(i / 12 == 7 ? std::isnan(dirty.o[i])
                                   : test::bits_of(dirty.o[i]) == test::bits_of(clean.o[i]),
                       [&] { return "element " + std::to_string(i); });
    }
}
