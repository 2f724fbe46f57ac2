// SPDX-License-Identifier: MIT
// The fast engine against SystemC: every counter, every record of the trace, every window of every
// series, firmware's time and the end of random runs, with and without passing over steady work.
#include "host/engine/engine.h"

#include <fmt/format.h>

#include <cstdlib>
#include <functional>

#include "host/experiment/experiment_json.h"
#include "host/run/bytes.h"
#include "host/run/execution.h"
#include "host/run/forked.h"
#include "host/run/machine.h"
#include "host/run/platform_memory.h"
#include "tests/support/compared.h"

using namespace tessera;
using namespace tessera::host;
using test::Compared;

namespace {

/// TESSERA_FAST_RUNS, if it is set.
uint64_t runs() {
#ifdef __SANITIZE_ADDRESS__
    constexpr uint64_t kRuns = 60;  // each takes ten times as long
#else
    constexpr uint64_t kRuns = 300;
#endif
    const char* const count = std::getenv("TESSERA_FAST_RUNS");
    return count != nullptr ? std::strtoull(count, nullptr, 10) : kRuns;
}

/// A random run without data that the fast engine can do.
class Draw {
  public:
    explicit Draw(uint64_t seed) : random_(seed) {}

    Experiment experiment() {
        Experiment e;
        e.machine.device = chance(75) ? "tiny" : chance(80) ? "small" : "base";
        e.machine.memory = "ideal";
        e.outputs.timing_only = true;
        const uint32_t m = e.machine.device == "tiny" ? 16 : e.machine.device == "small" ? 64 : 128;
        const uint32_t d = e.machine.device == "tiny" ? 16 : 64;
        settings(e.machine.settings);
        auto& r = e.workload.random;
        r.key_value_heads = from(1, 2);
        r.heads = *r.key_value_heads * from(1, 2);
        const uint32_t tiles = chance(40) ? 4 : chance(40) ? 30 : 90;
        r.tokens = from(1, tiles * m);
        if (chance(30)) r.key_tokens = from(1, tiles * m);
        r.dimension = chance(50) ? d : from(1, d);
        if (chance(30)) r.value_dimension = from(1, d);
        mask(e.workload.mask, m, r.tokens);
        e.workload.lse = chance(20);
        if (chance(30)) e.workload.output_format = OutputFormat::kBf16;
        const char* const schedules[] = {"query-resident", "query-resident", "query-resident",
                                         "kv-resident", "paired"};
        e.schedule.name = schedules[from(0, 4)];
        e.schedule.stack_heads = chance(15);
        if (chance(25) && e.schedule.name != "kv-resident") e.machine.devices = from(2, 3);
        return e;
    }
    /// One whose rows of tiles are long, and firmware mostly fast enough.
    Experiment steady() {
        Experiment e;
        const bool tiny = chance(60);
        e.machine.device = tiny ? "tiny" : "small";
        e.machine.memory = "ideal";
        e.outputs.timing_only = true;
        const uint32_t m = tiny ? 16 : 64, d = tiny ? 16 : 64;
        settings(e.machine.settings);
        e.machine.settings["firmware.plan_cycles"] = std::to_string(from(0, chance(80) ? 4 : 200));
        e.machine.settings["firmware.descriptor_cycles"] = std::to_string(from(0, 4));
        auto& r = e.workload.random;
        r.key_value_heads = 1;
        r.heads = from(1, 2);
        r.tokens = chance(50) ? from(1, 4 * m) : m * from(20, 60) + (chance(50) ? 0 : from(0, m));
        r.key_tokens = r.tokens > 4 * m && chance(50) ? r.tokens : m * from(30, 90) + from(0, m);
        r.dimension = chance(50) ? d : from(1, d);
        if (chance(30)) r.value_dimension = from(1, d);
        if (chance(50)) {
            e.workload.mask.kind = MaskKind::kCausal;
            if (chance(70)) e.workload.mask.window = from(1, chance(50) ? 4 * m : 40 * m);
            if (e.workload.mask.window != 0 && chance(50)) e.workload.mask.sinks = from(1, 3 * m);
            if (chance(20)) e.workload.mask.align = Align::kStart;
        }
        e.workload.lse = chance(20);
        if (chance(30)) e.workload.output_format = OutputFormat::kBf16;
        e.schedule.name = "query-resident";
        return e;
    }
    uint64_t trace_commands() { return chance(70) ? 0 : chance(50) ? from(1, 300) : 1000000; }

  private:
    uint32_t from(uint64_t low, uint64_t high) {
        return static_cast<uint32_t>(low + random_() % (high - low + 1));
    }
    bool chance(uint32_t percent) { return random_() % 100 < percent; }

    /// Latencies from none to more than a call takes; firmware from fast to the bottleneck.
    void settings(std::map<std::string, std::string>& settings) {
        const auto set = [&](const char* key, uint64_t low, uint64_t high) {
            settings[key] = std::to_string(from(low, high));
        };
        if (chance(60)) set("memory.read_latency_cycles", 1, chance(80) ? 100 : 3000);
        if (chance(60)) set("memory.write_latency_cycles", 1, chance(80) ? 100 : 3000);
        if (chance(80)) set("firmware.plan_cycles", 0, chance(60) ? 6 : chance(70) ? 60 : 600);
        if (chance(80)) set("firmware.descriptor_cycles", 0, chance(80) ? 6 : 400);
    }

    void mask(Experiment::Mask& mask, uint32_t m, uint64_t tokens) {
        if (chance(35)) return;
        mask.kind = MaskKind::kCausal;
        if (chance(40)) mask.window = from(1, 40 * uint64_t{m});
        if (mask.window != 0 && chance(40)) mask.sinks = from(1, 2 * uint64_t{m});
        if (chance(10)) mask.prefix = from(1, tokens);
        if (chance(10)) mask.block = uint64_t{1} << from(2, 9);
        if (chance(20)) mask.align = Align::kStart;
    }

    std::mt19937_64 random_;
};

/// What a comparison has found.
struct Found {
    uint64_t compared = 0, different = 0, periods = 0;
    std::string first;

    template <typename T>
    void equal(const T& fast, const T& systemc, const std::string& what) {
        ++compared;
        if (fast == systemc) return;
        if (different++ == 0)
            first = fmt::format("{}: {} by the fast engine, {} by SystemC", what, fast, systemc);
    }
    void series(const hw::WindowSeries& fast, const hw::WindowSeries& systemc,
                const std::string& what) {
        equal(fast.width(), systemc.width(), what + ", width");
        equal(fast.sums().size(), systemc.sums().size(), what + ", windows");
        for (size_t i = 0; i < std::min(fast.sums().size(), systemc.sums().size()); ++i)
            equal(fast.sums()[i], systemc.sums()[i], fmt::format("{}, window {}", what, i));
    }
};

void compare_records(const RunOutcome& fast, const RunOutcome& model, Found& found) {
    found.equal(fast.commands.size(), model.commands.size(), "commands kept");
    found.equal(fast.groups.size(), model.groups.size(), "lane groups kept");
    found.equal(fast.stalls.size(), model.stalls.size(), "stalls kept");
    if (found.different != 0) return;
    for (size_t i = 0; i < fast.commands.size(); ++i) {
        const hw::CommandTrace &a = fast.commands[i], &b = model.commands[i];
        const std::string at = fmt::format("command {}", i);
        found.equal(static_cast<int>(a.opcode), static_cast<int>(b.opcode), at);
        found.equal(a.number, b.number, at + ", number");
        found.equal(a.dispatch, b.dispatch, at + ", dispatch");
        found.equal(a.start, b.start, at + ", start");
        found.equal(a.retire, b.retire, at + ", retire");
    }
    for (size_t i = 0; i < fast.groups.size(); ++i) {
        const hw::LaneGroupTrace &a = fast.groups[i], &b = model.groups[i];
        const std::string at = fmt::format("lane group {}", i);
        found.equal(a.number, b.number, at);
        found.equal(a.group, b.group, at);
        found.equal(a.keys, b.keys, at + ", keys");
        found.equal(a.score_start, b.score_start, at + ", S");
        found.equal(a.value_start, b.value_start, at + ", V");
        found.equal(a.merged, b.merged, at + ", merged");
    }
    for (size_t i = 0; i < fast.stalls.size(); ++i) {
        const hw::StallTrace &a = fast.stalls[i], &b = model.stalls[i];
        const std::string at = fmt::format("stall {}", i);
        found.equal(static_cast<int>(a.cause), static_cast<int>(b.cause), at);
        found.equal(a.begin, b.begin, at + ", begin");
        found.equal(a.end, b.end, at + ", end");
    }
}

void compare_outcomes(const RunOutcome& fast, const RunOutcome& model, Found& found) {
    for (uint32_t c = 0; c < spec::kCounters; ++c)
        found.equal(fast.counters[c], model.counters[c], spec::kCounterTable[c].name);
    found.equal(fast.window_start, model.window_start, "start of the window");
    found.equal(fast.commands_total, model.commands_total, "commands");
    found.equal(fast.firmware.calls, model.firmware.calls, "calls of firmware");
    found.equal(fast.firmware_cycles, model.firmware_cycles, "cycles of firmware");
    found.equal(fast.firmware_wait_cycles, model.firmware_wait_cycles, "waits of firmware");
    found.equal(fast.end_cycle, model.end_cycle, "end");
    found.series(fast.activity.score, model.activity.score, "score stage");
    found.series(fast.activity.value, model.activity.value, "value stage");
    compare_records(fast, model, found);
}

void compare_runs(const FastRun& fast, const std::vector<RunOutcome>& model,
                  const hw::MemoryOutcome& memory, Found& found) {
    found.equal(fast.devices.size(), model.size(), "devices");
    for (size_t i = 0; i < model.size() && found.different == 0; ++i) {
        compare_outcomes(fast.devices[i], model[i], found);
        found.series(fast.memory.ports[i][0], memory.ports[i][0], "reads at the port");
        found.series(fast.memory.ports[i][1], memory.ports[i][1], "writes at the port");
    }
}

/// In a process of its own, since SystemC elaborates once.
Found compare(const Job& job, uint64_t trace_commands) {
    const Forked forked = run_forked([&] {
        hw::PlatformConfig config = job.config.platform;
        config.trace_commands = trace_commands;
        Found found;
        for (const bool forward : {true, false}) {
            FastOptions options;
            options.forward = forward;
            const FastRun fast = run_fast(job.layout, config, options);
            found.periods += fast.periods;
            static std::vector<RunOutcome> model;
            static hw::MemoryOutcome memory;
            if (model.empty()) {
                Platform platform = make_platform(config);
                const AttentionOperation operation(job.problem, job.inputs, config, job.layout);
                model = run_on(platform, operation, access_to(platform));
                memory = platform.memory_outcome();
            }
            compare_runs(fast, model, memory, found);
        }
        Packer packer;
        packer.value(found.compared);
        packer.value(found.different);
        packer.value(found.periods);
        packer.text(found.first);
        return packer.bytes;
    });
    Found found;
    if (!forked.failure.empty()) {
        found.different = 1;
        found.first = forked.failure;
        return found;
    }
    Unpacker unpacker(forked.bytes);
    unpacker.value(found.compared);
    unpacker.value(found.different);
    unpacker.value(found.periods);
    unpacker.text(found.first);
    return found;
}

}  // namespace

namespace {

/// Compares so many runs; returns how many of them passed over steady work.
uint64_t compare_all(const std::function<Experiment(Draw&)>& draw_one, uint64_t count) {
    Compared figures("figures of runs");
    const uint64_t seed = test::test_random()();
    uint64_t refused = 0, passed = 0;
    for (uint64_t i = 0; i < count; ++i) {
        Draw draw(seed + i);
        const Experiment experiment = draw_one(draw);
        const uint64_t trace_commands = draw.trace_commands();
        const auto where = [&] {
            return fmt::format("run {} of seed {}, {} traced: {}", i, seed, trace_commands,
                               canonical_text(experiment));
        };
        try {
            const Job job = make_job(experiment, true);
            const std::string reason = why_not_fast(job.layout, job.config.platform);
            figures.equal(reason, std::string(), where);
            const Found found = compare(job, trace_commands);
            figures.add(found.compared, found.different,
                        [&] { return where() + "\n" + found.first; });
            passed += found.periods != 0;
        } catch (const Error&) {
            ++refused;  // the draw goes against a rule
        }
    }
    WARN(passed << " of " << count << " runs passed over steady work, " << refused
                << " were no legal job");
    CHECK(3 * refused < count);
    return passed;
}

}  // namespace

TEST_CASE("random runs are the same by the fast engine and by SystemC") {
    compare_all([](Draw& draw) { return draw.experiment(); }, runs());
}

TEST_CASE("so are runs in which the fast engine passes over steady work") {
    const uint64_t count = runs() / 2;
    CHECK(5 * compare_all([](Draw& draw) { return draw.steady(); }, count) > count);
}
