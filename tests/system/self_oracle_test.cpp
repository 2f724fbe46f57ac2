// SPDX-License-Identifier: MIT
// --oracle self: the whole machine by a cover gives the exact attention, in as many calls and bytes
// as the cover says, on both profiles the same bits.
#include <sstream>

#include "host/cover/cover.h"
#include "host/predict/cover_work.h"
#include "tests/support/attention_run.h"
#include "tests/support/run_json.h"

using namespace tessera;
using test::AttentionSetup;
using test::Compared;
using test::contains;
using test::run_json;
using test::run_tessera;

namespace {

uint64_t operand_bytes(const test::Outcome& outcome) {
    using spec::Counter;
    uint64_t bytes = 0;
    for (const Counter c : {Counter::kBytesQ, Counter::kBytesK, Counter::kBytesV, Counter::kBytesO,
                            Counter::kBytesStateRead, Counter::kBytesStateWrite})
        bytes += outcome.counter(c);
    return bytes;
}

}  // namespace

TEST_CASE("any cover: within the bound, calls and bytes of the cover, both profiles alike") {
    auto random = test::test_random();
    Compared bound("elements and rows within the bound");
    Compared figures("calls, bytes and identities");
    Compared bits("elements and rows equal on both profiles");
    const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
    for (int n = 0; n < 60; ++n) {
        const std::string preset = n % 6 == 5 ? "small" : "tiny";
        const spec::DeviceParams params = test::device_params(preset);
        const bool gathered = n % 6 == 4;  // lines of 16 groups of a token
        const uint32_t heads = 1 + below(2);
        const uint32_t tokens = gathered ? 16 * params.m - below(8) : 1 + below(params.m * 6);
        AttentionSetup s =
            test::random_attention(preset, heads * (1 + below(2)), heads, tokens, tokens,
                                   1 + below(params.d), 1 + below(params.d), random());
        s.problem.mask.causal = below(2) == 1;
        s.problem.bf16_output = below(2) == 1;
        s.problem.want_lse = below(2) == 1;
        const auto& kinds = host::cover_kinds();
        s.problem.cover = kinds[below(static_cast<uint32_t>(kinds.size()))].kind;
        const bool possible = host::plan_cover(tokens, params.m, *s.problem.cover).has_value();
        if (!possible || gathered) s.problem.cover = host::CoverKind::kAuto;
        if (below(4) == 0) s.platform.memory.stall = hw::StallConfig{random(), 200, 20};
        const auto where = [&] { return s.name() + " " + host::cover_name(s.problem, params.m); };
        INFO(where());
        const test::AttentionRun stateful = test::run_attention(s);
        test::check_bound(bound, s, stateful);
        test::check_identities(figures, stateful.outcome);
        const host::DeviceKindCost cost = host::device_kind_costs(s.problem, params).front();
        figures.equal(stateful.outcome.calls, cost.calls, where);
        figures.equal(stateful.outcome.counter(spec::Counter::kBytesIndex) != 0, gathered, where);
        figures.equal(operand_bytes(stateful.outcome), cost.bytes, where);
        s.platform.params.profile = spec::Profile::kStats;
        const test::AttentionRun stats = test::run_attention(s);
        test::check_identities(figures, stats.outcome);
        figures.equal(stats.outcome.calls, cost.calls, where);
        figures.equal(operand_bytes(stats.outcome),
                      host::device_kind_costs(s.problem, s.platform.params).front().bytes, where);
        REQUIRE(stats.o.size() == stateful.o.size());
        REQUIRE(stats.lse.size() == stateful.lse.size());
        for (size_t i = 0; i < stats.o.size(); ++i)
            bits.equal(test::bits_of(stats.o[i]), test::bits_of(stateful.o[i]), where);
        for (size_t i = 0; i < stats.lse.size(); ++i)
            bits.equal(stats.lse[i], stateful.lse[i], where);
    }
}

TEST_CASE("the report: calls, bound and what other oracles take") {
    Compared figures("figures of reports");
    struct Run {
        const char* arguments;
        uint64_t heads, calls, bound, half, tiles;
        const char* cover;
    };
    constexpr Run kRuns[] = {
        {"--device tiny --random 2,64,16", 2, 20, 20, 28, 16, "AG(2,4)"},
        {"--device tiny --random 1,128,16 --mask causal", 1, 72, 72, 120, 36, "AG(2,8)"},
        {"--device small --random 1,1024,64 --timing-only", 1, 272, 272, 496, 256, "AG(2,16)"},
        {"--device tiny --random 1,160,16", 1, 130, 110, 190, 100, "PG(3,3)"},
        {"--device tiny --random 1,96,16", 1, 49, 42, 66, 36, "searched design on 24 points"},
        {"--device tiny --random 1,96,16 --cover half", 1, 66, 42, 66, 36, "half-tiles"},
        {"--device tiny --random 3,16,16", 3, 1, 1, 1, 1, "one call"}};
    for (const Run& r : kRuns) {
        const auto json = run_json(std::string(r.arguments) + " --oracle self");
        const auto where = [&] { return std::string(r.arguments); };
        const auto& derived = json["derived"];
        figures.equal(derived["calls"]["value"], r.heads * r.calls, where);
        figures.equal(derived["calls_formula"]["value"], r.heads * r.calls, where);
        figures.equal(derived["calls_schoenheim"]["value"], r.heads * r.bound, where);
        figures.equal(json["oracle"]["cover"], r.cover, where);
        const auto& costs = json["oracle"]["costs"];
        const uint64_t expected[] = {r.calls, r.half, r.tiles, r.tiles};
        const char* const names[] = {"cover", "half_tiles", "doubled_width", "query_key"};
        REQUIRE(costs.size() == 4);
        for (size_t i = 0; i < 4; ++i) {
            figures.equal(costs[i]["oracle"], names[i], where);
            figures.equal(costs[i]["calls"], r.heads * expected[i], where);
        }
        figures.equal(
            derived["pairs_issued"]["value"].get<uint64_t>() *
                (json["problem"]["d_k"].get<uint64_t>() + json["problem"]["d_v"].get<uint64_t>()),
            costs[0]["macs"], where);
        if (!json["error"]["checked"].get<bool>()) continue;
        figures.equal(json["error"]["within_bound"], true, where);
    }
    const auto plain = run_json("--device tiny --random 1,64,16");
    figures.equal(plain["oracle"].is_null(), true);
    figures.equal(plain["derived"].contains("calls_schoenheim"), false);
}

TEST_CASE("doubled width and query x key: MACs and bytes by hand") {
    Compared figures("figures");
    const auto costs =
        run_json("--device tiny --random 1,40,16 --mask causal --oracle self")["oracle"]["costs"];
    // Tiles of 16, 16 and 8 tokens; rows of 32 bytes for keys and values, 64 for o.
    const uint64_t pairs = 16 * 16 + 16 * 32 + 8 * 40, keys = 16 + 32 + 40;
    figures.equal(costs[2]["macs"], pairs * 48);
    figures.equal(costs[2]["bytes"], keys * (64 + 64 + 32) + 40 * 64);
    figures.equal(costs[3]["macs"], pairs * 32);
    figures.equal(costs[3]["bytes"], 40 * 32 + keys * 64 + 40 * 64);
    // On `stats` the states of query tiles with several calls, 80 bytes a row, take the place of o.
    const auto stats = run_json(
        "--device tiny --random 1,40,16 --mask causal --oracle self "
        "--set device.profile=stats")["oracle"]["costs"];
    const uint64_t results = 16 * 64 + 16 * 2 * 80 + 8 * 3 * 80;
    figures.equal(stats[2]["bytes"], keys * (64 + 64 + 32) + results);
    figures.equal(stats[3]["bytes"], 40 * 32 + keys * 64 + results);
}

TEST_CASE("cycles are the same with and without data, traces and files are written") {
    Compared runs("runs");
    const test::Scratch folder;
    for (const std::string job : {"--device tiny --random 2,100,16 --lse --oracle self",
                                  "--device tiny --random 1,200,16 --mask causal --oracle self"})
        for (const std::string profile : {"stateful", "stats"}) {
            const std::string all = job + " --set device.profile=" + profile;
            const auto data = run_json(all + " --out " + (folder / "out"));
            const auto timing = run_json(all + " --timing-only");
            runs.equal(data["derived"]["cycles"], timing["derived"]["cycles"], [&] { return all; });
            runs.equal(data["counters"], timing["counters"], [&] { return all; });
            const std::string trace = test::read_text(folder / "out/trace.json");
            runs.equal(nlohmann::json::parse(trace).contains("traceEvents"), true);
            runs.equal(contains(trace, "ATTEND head 0 line 3"), true, [&] { return all; });
            runs.equal(contains(trace, "LOAD_K head 0 line 0 token 0"), true);
        }
}

TEST_CASE("several devices take a head each in turn: the same bits, calls and bytes") {
    Compared figures("figures and files");
    const test::Scratch folder;
    for (const std::string job :
         {"--random 4,100,16 --kv-heads 2 --lse", "--random 3,64,16 --mask causal",
          "--random 5,45,16 --cover half --set device.profile=stats",
          "--random 4,16,16 --set device.profile=blackbox"}) {
        const auto on = [&](uint32_t devices) {
            return run_json("--device tiny --memory ideal --oracle self " + job +
                            " --num-devices " + std::to_string(devices) + " --out " +
                            (folder / std::to_string(devices)));
        };
        const auto one = on(1);
        const std::string tensors = test::read_text(folder / "1/out.safetensors");
        for (const uint32_t devices : {2u, 3u}) {
            const auto json = on(devices);
            const auto where = [&] { return job + " on " + std::to_string(devices); };
            const auto file = folder / (std::to_string(devices) + "/out.safetensors");
            figures.equal(test::read_text(file) == tensors, true, where);
            const auto &derived = json["derived"], &single = one["derived"];
            figures.equal(derived["devices"]["value"], devices, where);
            figures.equal(derived["calls"], single["calls"], where);
            figures.equal(derived["single_device_cycles"]["value"], single["cycles"]["value"],
                          where);
            figures.holds(derived["speed_up"]["value"].get<double>() > 1.2, where);
            for (const char* bytes : {"bytes_q", "bytes_k", "bytes_v", "bytes_o",
                                      "bytes_state_read", "bytes_state_write"})
                figures.equal(json["counters"][bytes], one["counters"][bytes], where);
        }
    }
}

TEST_CASE("what a cover cannot do is the user's error") {
    Compared errors("messages");
    const std::pair<const char*, const char*> kWrong[] = {
        {"--random 1,64,16 --oracle other", "--oracle"},
        {"--random 1,64,16 --oracle self --sentinel columns", "not available with --oracle self"},
        {"--random 1,64,16 --oracle self --sentinel auto", "not available with --oracle self"},
        {"--random 1,64,16 --sentinel moon", "--sentinel is moon"},
        {"--random 1,64,16 --schedule ''", "--schedule"},
        {"--random 1,64,16 --oracle self --slots 2x2", "--slots"},
        {"--random 1,64,16 --oracle self --key-lengths 60", "--oracle"},
        {"--random 1,64,16 --cover affine", "--oracle self"},
        {"--random 1,64,16 --oracle self --cover other", "--cover"},
        {"--random 1,64,16 --keys 60 --oracle self", "as many queries as keys"},
        {"--random 1,64,16 --window 4 --oracle self", "--mask dense"},
        {"--random 2,64,16 --kv-heads 1 --stack-heads --oracle self", "--stack-heads"},
        {"--random 1,64,16 --schedule auto --oracle self", "--schedule"},
        {"--random 1,64,16 --schedule kv-resident --oracle self", "--schedule"},
        {"--random 1,64,16 --schedule query-resident --oracle self", "none with --oracle self"},
        {"--random 1,64,16 --num-devices 2 --oracle self", "1 to 1 with --oracle self"},
        {"--random 1,64,16 --set device.profile=blackbox --oracle self", "blackbox"},
        {"--random 1,3000,16 --oracle self --cover grid", "--cover"}};
    for (const auto& wrong : kWrong) {
        const std::string arguments = wrong.first, part = wrong.second;
        const auto finished = run_tessera("run --device tiny " + arguments);
        errors.equal(finished.exit_code, 2, [&] { return arguments; });
        errors.holds(contains(finished.err, part), [&] { return finished.err; });
    }
}

TEST_CASE("`tessera covers`: the planner's calls for R = 2 to 64") {
    Compared rows("rows");
    const auto finished = run_tessera("covers");
    REQUIRE(finished.exit_code == 0);
    std::istringstream lines(finished.out);
    uint32_t expected = 2;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        uint64_t ratio = 0, calls = 0, bound = 0;
        if (!(words >> ratio >> calls >> bound)) continue;
        rows.equal(ratio, expected++);
        rows.equal(bound, ratio * (ratio + 1));
        const auto best = host::best_candidate(static_cast<uint32_t>(ratio));
        rows.holds(calls >= bound && calls <= best.lines, [&] { return line; });
    }
    rows.equal(expected, 65u);
}
