// SPDX-License-Identifier: MIT
// Devices of profile `stats`, where firmware merges: the bits of o and lse are those of `stateful`
// devices, whatever merging costs, and what it costs is reported by itself.

#include "host/verify/case.h"
#include "spec/integers.h"
#include "tests/support/attention_run.h"
#include "tests/support/run_json.h"

using namespace tessera;
using test::AttentionSetup;
using test::Compared;
using test::contains;
using test::run_json;
using test::run_tessera;

namespace {

/// The job on both profiles, in both orders.
void compare(Compared& bits, Compared& identities, AttentionSetup setup) {
    for (const auto order : {fw::ScheduleId::kQueryResident, fw::ScheduleId::kKeyValueResident}) {
        setup.problem.schedule = order;
        INFO(setup.name());
        setup.platform.params.profile = spec::Profile::kStateful;
        const test::AttentionRun stateful = test::run_attention(setup);
        setup.platform.params.profile = spec::Profile::kStats;
        const test::AttentionRun stats = test::run_attention(setup);
        test::check_identities(identities, stats.outcome);
        REQUIRE(stats.outcome.calls == stateful.outcome.calls);
        REQUIRE(stats.o.size() == stateful.o.size());
        REQUIRE(stats.lse.size() == stateful.lse.size());
        for (size_t i = 0; i < stats.o.size(); ++i)
            bits.equal(test::bits_of(stats.o[i]), test::bits_of(stateful.o[i]),
                       [&] { return setup.name() + " element " + std::to_string(i); });
        for (size_t i = 0; i < stats.lse.size(); ++i) bits.equal(stats.lse[i], stateful.lse[i]);
    }
}

}  // namespace

TEST_CASE("stats equals stateful bit for bit: ragged lengths, masks, formats, grouped heads") {
    auto random = test::test_random();
    Compared bits("elements and rows equal on both profiles");
    Compared identities("counter identities");
    const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
    for (int n = 0; n < 60; ++n) {
        const bool small = n % 6 == 5;
        const uint32_t kv_heads = small ? 1 : 1 + below(2), most = small ? 400 : 130;
        const spec::DeviceParams p = test::device_params(small        ? "small"
                                                         : n % 6 == 4 ? "odd"
                                                                      : "tiny");
        AttentionSetup s =
            test::random_attention(small        ? "small"
                                   : n % 6 == 4 ? "odd"
                                                : "tiny",
                                   kv_heads * (1 + below(3)), kv_heads, 1 + below(most),
                                   1 + below(most), 1 + below(p.d), 1 + below(p.d), random());
        s.problem.mask.causal = below(3) != 0;
        s.problem.mask.align = below(2) == 0 ? host::Align::kEnd : host::Align::kStart;
        s.problem.bf16_output = below(2) == 1;
        s.problem.want_lse = below(2) == 1;
        s.platform.firmware.merge_cycles_per_element = below(3) * 0.5;
        if (below(4) == 0) s.platform.memory.stall = hw::StallConfig{random(), 200, 20};
        compare(bits, identities, s);
    }
}

TEST_CASE("random jobs of `tessera verify`: small rings, padded rows, tiles dealt to devices") {
    const uint64_t seed = test::test_random()() % 1000000;
    spec::DeviceParams params = test::device_params("tiny");
    params.profile = spec::Profile::kStats;
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

TEST_CASE("devices side by side merge in rows of their own") {
    const uint64_t seed = test::test_random()();
    Compared bits("elements equal to those of a device alone");
    AttentionSetup s = test::random_attention("tiny", 2, 1, 40, 75, 16, 16, seed);
    s.problem.want_lse = true;
    const test::AttentionRun alone = test::run_attention(s);
    s.platform.params.profile = spec::Profile::kStats;
    s.platform.devices = 3;
    for (const test::AttentionRun& run : test::run_attention_on_all(s)) {
        REQUIRE(run.o.size() == alone.o.size());
        for (size_t i = 0; i < run.o.size(); ++i)
            bits.equal(test::bits_of(run.o[i]), test::bits_of(alone.o[i]));
        for (size_t i = 0; i < run.lse.size(); ++i) bits.equal(run.lse[i], alone.lse[i]);
    }
}

TEST_CASE("one job dealt to several devices: the same file") {
    Compared files("output files");
    const test::Scratch folder;
    for (const std::string job :
         {"--device tiny --random 3,100,16 --mask causal --lse", "--device tiny --random 5,40,9",
          "--device tiny --random 2,16,16 --keys 200 --output-format bf16",
          "--device small --random 2,300,64 --kv-heads 1 --memory ideal"}) {
        const auto output = [&](const std::string& more) {
            const auto f = run_tessera("run " + job + " " + more + " --out " + (folder / "out"));
            INFO(job << " " << more << "\n" << f.err);
            REQUIRE(f.exit_code == 0);
            return test::read_text(folder / "out/out.safetensors");
        };
        const std::string expected = output("");
        for (const char* more : {"", " --num-devices 2", " --num-devices 5", " --no-check",
                                 " --schedule paired", " --schedule paired --num-devices 3"})
            files.holds(output(std::string("--set device.profile=stats") + more) == expected,
                        [&] { return job + more; });
    }
}

TEST_CASE("merging is reported by itself, with its formulas") {
    Compared figures("figures");
    struct Run {
        const char* arguments;
        uint64_t heads, nq, tiles, d_v, bus;
        bool bf16, lse;
    };
    constexpr Run kRuns[] = {
        {"--device tiny --random 2,100,16 --memory ideal", 2, 100, 7, 16, 16, false, false},
        {"--device tiny --random 2,100,16 --schedule kv-resident", 2, 100, 7, 16, 16, false, false},
        {"--device tiny --random 1,33,7 --lse", 1, 33, 3, 7, 16, false, true},
        {"--device tiny --random 3,50,5 --output-format bf16", 3, 50, 4, 5, 16, true, false},
        {"--device base --random 1,500,64 --lse --timing-only --memory ideal", 1, 500, 4, 64, 64,
         false, true},
        {"--device tiny --random 2,100,16 --num-devices 3", 2, 100, 7, 16, 16, false, false}};
    for (const Run& r : kRuns) {
        const auto where = [&] { return std::string(r.arguments); };
        const std::string arguments = std::string(r.arguments) + " --set device.profile=stats";
        const auto json = run_json(arguments + " --set firmware.merge_cycles_per_element=3");
        const auto free = run_json(arguments + " --set firmware.merge_cycles_per_element=0");
        const auto stateful = run_json(r.arguments);
        const auto& derived = json["derived"];
        const uint64_t rows = r.heads * r.nq, state = 8 + 4 * r.d_v;
        const auto beats = [&](uint64_t bytes) { return spec::round_up(bytes, r.bus); };
        const uint64_t elements = rows * (r.tiles * (r.d_v + 1) + r.d_v);
        const uint64_t output = beats((r.bf16 ? 2 : 4) * r.d_v) + (r.lse ? r.bus : 0);
        figures.equal(derived["merge_elements"]["value"], elements, where);
        figures.equal(derived["merge_cycles"]["value"], 3 * elements, where);
        figures.equal(derived["merge_bytes_read"]["value"], rows * state * (2 * r.tiles - 1),
                      where);
        figures.equal(derived["merge_bytes_written"]["value"],
                      rows * (state * (r.tiles - 1) + output), where);
        const auto value = [](const nlohmann::json& report, const char* counter) {
            return report["counters"][counter]["value"].get<uint64_t>();
        };
        // The device: nothing of it in its counters, but the partial results in slots.
        figures.equal(value(json, "bytes_o") + value(json, "bytes_state_read"), 0u, where);
        figures.equal(value(json, "bytes_state_write"), rows * r.tiles * (r.bus + beats(4 * r.d_v)),
                      where);
        for (const char* counter : {"bytes_q", "bytes_v", "attends_retired", "sram_v_read"})
            if (!contains(r.arguments, "kv-resident"))
                figures.equal(value(json, counter), value(stateful, counter), where);
        figures.equal(free["derived"]["merge_cycles"]["value"], 0u, where);
        figures.equal(free["derived"]["merge_elements"]["value"], elements, where);
        figures.holds(value(json, "cycles") >= value(free, "cycles") + elements / 3, where);
        figures.equal(derived["stall_free_cycles"]["value"].is_null(), true, where);
        figures.equal(stateful["derived"].contains("merge_elements"), false, where);
    }
}

TEST_CASE("cycles are the same with and without data") {
    Compared cycles("runs");
    for (const std::string job : {"--device tiny --random 2,100,16 --mask causal --lse",
                                  "--device small --random 1,300,64 --schedule kv-resident"}) {
        const std::string stats = job + " --set device.profile=stats";
        const auto data = run_json(stats), timing = run_json(stats + " --timing-only");
        for (const char* figure : {"cycles", "end_cycle", "merge_cycles", "merge_bytes_written"})
            cycles.equal(data["derived"][figure]["value"], timing["derived"][figure]["value"],
                         [&] { return job + ": " + figure; });
    }
}

TEST_CASE("one key tile needs no merging, and rows that firmware stores are still flagged") {
    Compared answers("answers");
    const auto plain = run_json("--device tiny --random 2,16,16 --lse --set device.profile=stats");
    answers.equal(plain["derived"].contains("merge_elements"), false);
    answers.holds(plain["counters"]["bytes_o"]["value"] > 0, [] { return "bytes_o"; });
    const std::string empty = "run --device tiny --random 1,40,16 --keys 20 --mask causal";
    for (const char* profile : {"stateful", "stats"}) {
        const auto f = run_tessera(empty + " --set device.profile=" + profile);
        answers.holds(f.exit_code == 0 && contains(f.out, "20  with no allowed key"),
                      [&] { return f.out + f.err; });
        answers.equal(contains(f.out, "firmware merging"), profile == std::string("stats"));
    }
}
