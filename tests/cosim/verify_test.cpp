// SPDX-License-Identifier: MIT
// `tessera verify` and `tessera run --impl rtl` as a user meets them, and what a divergence looks
// like.
#include <nlohmann/json.hpp>
#include <regex>

#include "host/verify/verify.h"
#include "tests/cosim/verify_bench.h"
#include "tests/support/compared.h"
#include "tests/support/machine.h"
#include "tests/support/run_tessera.h"
#include "tests/support/tensor_file.h"

using namespace tessera;
using test::Compared;
using test::contains;
using test::Finished;
using test::jobs_without_difference;
using test::quick_device;
using test::run_tessera;

TEST_CASE("a job on base, 256 tokens") {
    CHECK(jobs_without_difference(run_tessera("verify --device base --random 1,256,64 --lse")) ==
          1);
}

TEST_CASE("one job with every option") {
    CHECK(jobs_without_difference(
              run_tessera("verify --device tiny --random 4,50,11 --kv-heads 2 --keys 77 --dim-v 5 "
                          "--mask causal --align end --schedule kv-resident --output-format bf16 "
                          "--lse --memory ideal-stall --seed 9")) == 1);
}

TEST_CASE("jobs of a file with names and a layout of its own") {
    const test::Scratch folder;
    const std::string file = folder / "x.safetensors";
    const std::vector<host::TensorSpec> specs = {test::f32("query", {2, 21, 3, 12}),
                                                 test::f32("k", {2, 21, 3, 12}),
                                                 test::f32("v", {2, 21, 3, 10})};
    test::write_tensors(file, specs, -0.5f);
    const std::string input =
        " --device tiny --input " + file + " --tensors q=query --layout bthd --mask causal";
    CHECK(jobs_without_difference(run_tessera("verify" + input + " --lse")) == 1);
    CHECK(jobs_without_difference(run_tessera("verify linear" + input)) == 1);
    const Finished f = run_tessera("verify --device tiny --input " + file);
    CHECK(f.exit_code == 2);
    CHECK(contains(f.err, "tensor q is missing; the file has query, k, v; --tensors q=NAME"));
}

TEST_CASE("several devices behind one memory") {
    const std::string causal = "verify --device tiny --random 2,130,16 --mask causal --lse ";
    for (const std::string machine :
         {"--num-devices 2", "--num-devices 3 --memory ideal-stall",
          "--num-devices 2 --memory hbm2-2000-1ch", "--num-devices 5 --memory ddr4-2400r"})
        CHECK(jobs_without_difference(run_tessera(causal + machine)) == 1);
}

TEST_CASE("random jobs behind a memory from the command line") {
    CHECK(jobs_without_difference(
              run_tessera("verify --device tiny --count 20 --seed 1 --memory lpddr5-6400")) == 20);
}

TEST_CASE("random jobs from the command line") {
    CHECK(jobs_without_difference(run_tessera("verify --device tiny --count 40 --seed 100")) == 40);
    CHECK(jobs_without_difference(
              run_tessera("verify --device small --count 5 --seed 1 --max-tokens 90")) == 5);
}

TEST_CASE("random jobs of the other profiles from the command line") {
    for (const std::string profile : {"stats", "blackbox"}) {
        const std::string device = "verify --device tiny --set device.profile=" + profile;
        CHECK(jobs_without_difference(run_tessera(device + " --count 40 --seed 100")) == 40);
        CHECK(jobs_without_difference(run_tessera(device + " --random 3,16,16")) == 1);
    }
}

TEST_CASE("masks whose first queries are before key 0, and a prefix, from the command line") {
    for (const std::string job :
         {"--random 2,70,16 --keys 41 --block 16 --lse", "--random 2,70,16 --keys 41 --mask sparse",
          "--random 2,70,16 --keys 41 --block 8 --prefix 20 --align start",
          "--random 2,40,16 --keys 75 --prefix 21 --window 9 --lse",
          "--random 4,64,13 --kv-heads 2 --keys 33 --prefix 20 --stack-heads",
          "--random 2,64,16 --keys 33 --prefix 20 --set device.profile=stats",
          "--random 2,40,13 --prefix 20 --sinks 1 --set device.profile=blackbox"})
        CHECK(jobs_without_difference(run_tessera("verify --device tiny " + job)) == 1);
}

TEST_CASE("jobs with sink logits from the command line") {
    const std::string device = "verify --device tiny --sink-logits random --lse ";
    for (const std::string job :
         {"--random 4,50,11 --kv-heads 2 --mask causal", "--random 2,40,16 --schedule kv-resident",
          "--random 6,5,16 --kv-heads 2 --keys 70 --stack-heads --memory hbm2-2000-1ch",
          "--random 4,70,9 --kv-heads 2 --num-devices 2 --schedule paired",
          "--random 4,20,16 --kv-heads 2 --key-lengths 7,40,1 --query-lengths 20,1,3",
          "--random 2,50,16 --set device.profile=stats",
          "--random 2,50,14 --set device.profile=blackbox"})
        CHECK(jobs_without_difference(run_tessera(device + job)) == 1);
}

TEST_CASE("batches from the command line: padding on either side, packed, with empty sequences") {
    const std::string device = "verify --device tiny --lse ";
    for (const std::string job :
         {"--random 2,5,16 --query-lengths 5,0,2 --key-lengths 40,9,0",
          "--random 2,30,16 --key-lengths 30,11 --query-lengths 30,11 --padding left --window 7",
          "--random 4,30,16 --kv-heads 2 --stack-heads --cu-seqlens-q 0,3,3,29 --cu-seqlens-k "
          "0,40,50,55 --mask causal --num-devices 2",
          "--random 2,60,16 --documents 0,20,43 --window 9 --sinks 2 --set device.profile=stats",
          "--random 2,40,8 --cu-seqlens-q 0,25,38 --set device.profile=blackbox"})
        CHECK(jobs_without_difference(run_tessera(device + job)) == 1);
}

TEST_CASE("schedule strided and the causal oracle from the command line") {
    const std::string device = "verify --device tiny --lse ";
    for (const std::string job :
         {"--random 4,70,13 --kv-heads 2 --window 6 --sinks 3 --schedule strided",
          "--random 2,50,13 --mask causal --oracle causal --output-format bf16"})
        for (const std::string profile : {"stateful", "stats", "blackbox"})
            CHECK(jobs_without_difference(
                      run_tessera(device + job + " --set device.profile=" + profile)) == 1);
}

TEST_CASE("jobs by covers from the command line") {
    for (const std::string job :
         {"--random 4,64,16 --kv-heads 2 --lse", "--random 1,96,11 --dim-v 5 --mask causal",
          "--random 2,45,16 --cover half --output-format bf16 --memory ideal-stall",
          "--random 1,100,16 --cover affine --lse --set device.profile=stats",
          "--random 4,40,16 --num-devices 3 --memory hbm2-2000-1ch",
          "--random 3,16,16 --set device.profile=blackbox"})
        CHECK(jobs_without_difference(run_tessera("verify --device tiny --oracle self " + job)) ==
              1);
    for (const std::string profile : {"stateful", "stats", "blackbox"})
        CHECK(jobs_without_difference(
                  run_tessera("verify --device tiny --count 5 --oracle self --max-tokens 40 "
                              "--set device.profile=" +
                              profile)) == 5);
}

TEST_CASE("products and linear attention from the command line") {
    for (const std::string job :
         {"gemm --device tiny --random 40,50,60",
          "gemm --device tiny --random 17,33,1 --output-format bf16 --memory hbm2-2000-1ch",
          "gemm --device tiny --random 3,40,16 --set device.profile=stats",
          "--device tiny linear --random 2,60,8 --seed 5",
          "linear --device tiny --random 4,50,8 --kv-heads 2 --keys 70 --dim-v 5 --mask dense",
          "linear --device tiny --random 1,16,8 --set device.profile=blackbox"})
        CHECK(jobs_without_difference(run_tessera("verify " + job)) == 1);
}

TEST_CASE("approximate schedules from the command line: the job and its audit") {
    const std::string device = "verify --device tiny --random 2,100,16 --approximate ";
    for (const std::string rule :
         {"sample --tiles 3", "sink+window --tiles 2 --mask causal",
          "topk-mean --tiles 2 --set device.profile=stats", "topk-bound --tiles 3 --mask causal",
          "hybrid --tiles 3 --memory ideal-stall", "hybrid --tiles 4 --mask causal"})
        CHECK(jobs_without_difference(run_tessera(device + rule)) == 2);
}

TEST_CASE("the RTL gives the report that the model gives") {
    const std::string job = " --device tiny --random 2,70,13 --mask causal --lse --format json";
    const Finished model = run_tessera("run" + job), rtl = run_tessera("run --impl rtl" + job);
    INFO(rtl.err);
    REQUIRE(model.exit_code == 0);
    REQUIRE(rtl.exit_code == 0);
    auto a = nlohmann::json::parse(model.out).flatten(),
         b = nlohmann::json::parse(rtl.out).flatten();
    Compared fields("fields of the report");
    for (const auto& [key, value] : a.items()) {
        if (contains(key, "seconds") || contains(key, "command_line") ||
            contains(key, "implementation"))
            continue;
        fields.equal(b[key], value, [&k = key] { return k; });
    }
    CHECK(fields.count() > 300);
}

TEST_CASE("a waveform of the RTL") {
    const test::Scratch files;
    const std::string file = files / "run.fst";
    const Finished f = run_tessera("run --device tiny --random 1,20,16 --impl rtl --wave " + file);
    INFO(f.err);
    REQUIRE(f.exit_code == 0);
    const std::string wave = test::read_text(file);
    Compared bytes("properties of a waveform");
    // Block type 0, length 329, first and last time in ps: GTKWave's format, big-endian.
    REQUIRE(wave.size() > 10000);
    bytes.equal(int{wave[0]}, 0);
    const auto number = [&](size_t at) {
        uint64_t x = 0;
        for (size_t i = 0; i < 8; ++i) x = x << 8 | static_cast<uint8_t>(wave[at + i]);
        return x;
    };
    bytes.equal(number(1), uint64_t{329});
    bytes.holds(number(9) < 2000, [] { return "first cycle"; });
    bytes.holds(number(17) > 800000, [] { return "last cycle"; });
}

TEST_CASE("a divergence: what differs first, both event lists, the command in words") {
    Compared cases("divergences reported");
    const spec::DeviceParams params = test::device_params("tiny");
    uint32_t with_events = 0;  // a job of one query row takes as long on more lanes
    for (uint64_t seed = 0; seed < 12; ++seed) {
        verify::Totals totals;
        const verify::Case c = verify::attention_case(seed, params, 64);
        const std::string text = verify::verify_case(c, quick_device, 60, totals);
        const auto where = [&] { return text; };
        cases.holds(totals.differences > 0, where);
        cases.holds(contains(text, "attention, seed " + std::to_string(seed) + ": "), where);
        cases.holds(std::regex_search(text, std::regex("Earliest: .*: model .*, RTL ")), where);
        const bool commands = std::regex_search(text, std::regex("\n  #\\d+: [A-Z_]+ head "));
        cases.holds(contains(text, "\n> ") == commands, where);
        with_events += commands ? 1 : 0;
    }
    CHECK(with_events >= 5);
}

TEST_CASE("whoever waits for a given job hears how far model and RTL are") {
    Compared facts("phases");
    const spec::DeviceParams params = test::device_params("tiny");
    verify::Case c = verify::gemm_case(1, params);
    std::vector<std::pair<std::string, double>> last;  // of each phase
    const RunHooks hooks{[&](const std::string& phase, double share) {
                             if (last.empty() || last.back().first != phase)
                                 last.emplace_back(phase, share);
                             facts.holds(share >= last.back().second && share <= 1,
                                         [&] { return phase; });
                             last.back().second = share;
                             return true;
                         },
                         {}};
    verify::Totals totals;
    hw::PlatformConfig config = c.platform;
    config.trace_commands = UINT64_MAX;
    for (const hw::CommandTrace& command :
         verify::run_machine(config, c.body, c.memory_bytes).commands)
        c.calls += command.opcode == spec::Opcode::kAttend ? 1 : 0;
    REQUIRE(c.calls > 1);
    verify::verify_case(c, quick_device, 60, totals, hooks);
    REQUIRE(last.size() == 3);
    const double all_but_one =
        1 - 1 / static_cast<double>(c.calls);  // it is told when the last call begins
    facts.equal(last[0].first, "simulating the model");
    facts.equal(last[1].first, "simulating the RTL");
    facts.equal(last[2].first, "comparing");
    for (const size_t phase : {0, 1})
        facts.holds(std::abs(last[phase].second - all_but_one) < 1e-12,
                    [&] { return std::to_string(last[phase].second); });
}

TEST_CASE("a divergence of a job by a cover names its lines") {
    Compared cases("divergences reported");
    const spec::DeviceParams params = test::device_params("tiny");
    for (uint64_t seed = 0; cases.count() < 4; ++seed) {
        verify::Totals totals;
        const verify::Case c = verify::cover_case(seed, params, 64);
        const std::string text = verify::verify_case(c, quick_device, 60, totals);
        if (!contains(text, "\n> ")) continue;  // one row takes as long on more lanes
        cases.holds(contains(text, "cover, seed " + std::to_string(seed) + ": ") &&
                        std::regex_search(text, std::regex("\n  #\\d+: [A-Z_]+ head \\d line \\d")),
                    [&] { return text; });
    }
}

TEST_CASE("a divergence of an operation has its commands in words") {
    Compared cases("divergences reported");
    const spec::DeviceParams params = test::device_params("tiny");
    for (const auto make : {verify::gemm_case, verify::linear_case})
        for (uint64_t seed = 0, found = 0; found < 3; ++seed) {
            verify::Totals totals;
            const std::string text =
                verify::verify_case(make(seed, params), quick_device, 60, totals);
            if (!contains(text, "\n> ")) continue;  // one row takes as long on more lanes
            ++found;
            cases.holds(std::regex_search(text, std::regex("\n  #\\d+: [A-Z_]+ flags=\\d+ q=")),
                        [&] { return text; });
        }
}

TEST_CASE("commands behind a repeat of a black box keep their names") {
    Compared names("names of commands");
    spec::DeviceParams params = test::device_params("tiny");
    params.profile = spec::Profile::kBlackbox;
    uint64_t repeats = 0;
    for (uint64_t seed = 0; seed < 40 && repeats < 50; ++seed) {
        const verify::Case c = verify::attention_case(seed, params, 64);
        hw::PlatformConfig config = c.platform;
        config.trace_commands = UINT64_MAX;
        const verify::Outcome outcome = verify::run_machine(config, c.body, c.memory_bytes);
        REQUIRE(outcome.failure.empty());
        for (const hw::CommandTrace& command : outcome.commands) {
            const std::string text = c.words(0, command.number, outcome.retried);
            const bool retry = text == "retry";
            repeats += retry ? 1 : 0;
            names.holds(retry || text.rfind(spec::opcode_name(command.opcode), 0) == 0,
                        [&] { return c.name + ": " + text; });
        }
    }
    CHECK(repeats >= 50);
}

TEST_CASE("of several devices, a divergence names the one and its own commands") {
    Compared cases("divergences reported");
    const spec::DeviceParams params = test::device_params("tiny");
    const hw::DeviceFactory second_is_quick =
        [](const char* name, const hw::PlatformConfig& config,
           uint32_t index) -> std::unique_ptr<hw::DeviceBase> {
        if (index == 1) return quick_device(name, config, index);
        return std::make_unique<hw::Device>(name, config.params, index, false,
                                            config.trace_commands);
    };
    uint32_t loads = 0;
    for (uint64_t seed = 0; cases.count() < 5; ++seed) {
        const verify::Case c = verify::attention_case(seed, params, 64);
        // The first tile of a batch's sequence may be any device's.
        if (c.platform.devices == 1 || contains(c.name, "batch")) continue;
        verify::Totals totals;
        const std::string text = verify::verify_case(c, second_is_quick, 60, totals);
        // One row takes as long on more lanes: nothing but counters differs then.
        if (!contains(text, "\n> ")) continue;
        // The first query tile of all is device 0's.
        cases.holds(contains(text, "\n  device 1:\n") && contains(text, "\n  #") &&
                        !contains(text, "LOAD_Q head 0 tile 0"),
                    [&] { return text; });
        loads += contains(text, ": LOAD_Q head ") ? 1 : 0;
    }
    CHECK(loads > 0);
}

TEST_CASE("a given job whose result is not exact, or that nothing can be compared with") {
    const test::Scratch files;
    const auto constant = [&](const char* name, uint32_t rows, uint32_t columns, float value) {
        test::write_matrix(files / name, rows, columns, std::vector<float>(rows * columns, value));
        return files / name;
    };
    const std::string large = constant("large.npy", 3, 3, 3e38f), one = constant("1.npy", 3, 3, 1);
    const std::string edge = constant("edge.npy", 3, 3, 0x1p126f);
    const std::string lost = constant("lost.npy", 9, 8, -1e4f), v = constant("v.npy", 9, 8, 2);
    const std::string clamped = "verify --device tiny --random 1,20,16 --scale 3e4";
    const std::string linear =
        "verify linear --device tiny --q " + lost + " --k " + lost + " --v " + v;
    const struct {
        std::string arguments;
        int exit_code;
        const char *out, *err;
    } jobs[] = {
        {clamped, 3, "differences: 0", "the result is not exact"},
        {clamped + " --accept-inexact", 1, "outside the bound of the reference", ""},
        {clamped + " --set device.profile=stats --mask causal", 3, "differences: 0", "clamped"},
        {"verify gemm --device tiny --a " + large + " --b " + large, 3, "differences: 0", "NaN or"},
        {"verify gemm --device tiny --a " + edge + " --b " + one, 1, "compared 0 of 9", ""},
        {linear, 3, "differences: 0", "may be lost below 2^-126"},
        {linear + " --accept-inexact", 1, "compared 0 of 72", ""}};
    Compared facts("answers of verify");
    for (const auto& job : jobs) {
        const Finished f = run_tessera(job.arguments);
        const auto where = [&] { return job.arguments + ": " + f.out + f.err; };
        facts.equal(f.exit_code, job.exit_code, where);
        facts.holds(contains(f.out, job.out), where);
        facts.holds(contains(f.err, job.err) && f.err.empty() == (job.exit_code == 1), where);
    }
}

TEST_CASE("model and RTL say alike which rows are not exact") {
    Compared reports("reports");
    for (const char* options : {"", "--set device.profile=stats --mask causal --no-check"}) {
        const std::string run = std::string("run --device tiny --random 1,20,16 --scale 3e4 ") +
                                options + " --format json --impl ";
        const Finished model = run_tessera(run + "model"), rtl = run_tessera(run + "rtl");
        reports.equal(model.exit_code, 3, [&] { return model.err; });
        reports.equal(rtl.exit_code, 3, [&] { return rtl.err; });
        reports.equal(model.err, rtl.err);
        reports.equal(nlohmann::json::parse(model.out)["exactness"],
                      nlohmann::json::parse(rtl.out)["exactness"]);
    }
}

TEST_CASE("what verify and --impl refuse") {
    const std::pair<const char*, const char*> refused[] = {
        {"verify", "input is missing"},
        {"verify --count 0", "--count: 0 is not allowed"},
        {"verify --count 3 --random 1,4,4", "--random excludes --count"},
        {"verify --count 3 --device tiny --max-tokens 0", "--max-tokens: 0 is not allowed"},
        {"verify --max-tokens 3 --random 1,4,4", "--max-tokens requires --count"},
        {"verify --count 3 --device wide", "device wide: this program has no RTL"},
        {"verify --count 3 --out x", "--out"},
        {"verify --count 3 --cover half", "--cover excludes --count"},
        {"verify --count 3 --approximate sample", "--approximate excludes --count"},
        {"verify --random 1,64,16 --approximate sample", "--tiles is missing"},
        {"verify --random 1,64,16 --tolerance 0.1", "--tolerance"},
        {"verify gemm", "exactly one of --a FILE --b FILE, --random M,N,K"},
        {"verify linear", "exactly one of --input FILE"},
        {"verify gemm linear", "linear"},
        {"verify gemm --out x", "--out"},
        {"verify --count 3 gemm --random 1,2,3", "gemm excludes --count"},
        {"verify --mask causal linear --random 1,2,3", "linear excludes --mask"},
        {"verify gemm --device wide --random 3,3,3", "device wide: this program has no RTL"},
        {"verify --count 3 --device tiny --oracle moon", "--oracle is moon"},
        {"verify --device tiny --random 1,64,16 --cover half", "--cover needs --oracle self"},
        {"run --random 1,4,4 --impl verilog", "--impl is verilog; allowed: model, rtl"},
        {"run --random 1,4,4 --wave x.fst", "--wave needs --impl rtl"},
        {"run --random 1,4,4 --device tiny --impl rtl --timing-only", "--timing-only"},
        {"run --random 1,4,4 --device small --impl rtl --wave x.fst", "built without waveforms"},
        {"run --random 1,4,4 --device tiny --impl rtl --wave /none/x.fst",
         "/none/x.fst: cannot open for writing"},
        {"run --random 1,4,4 --device tiny --impl rtl --set device.M=8", "no RTL"},
    };
    Compared messages("refused command lines");
    for (const auto& [arguments, text] : refused) {
        const Finished f = run_tessera(arguments);
        messages.holds(f.exit_code == 2 && f.out.empty() && contains(f.err, text) &&
                           f.err.find('\n') == f.err.size() - 1,
                       [&, a = arguments] { return std::string(a) + ": " + f.err; });
    }
}
