// SPDX-License-Identifier: MIT
// Figures that runs must reach: what is promised of the presets and of schedules, and that the
// report's numbers fit together.
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/support/compared.h"
#include "tests/support/run_tessera.h"
#include "tests/support/trace_viewer.h"

using namespace tessera;
using nlohmann::json;
using test::Compared;
using test::contains;

namespace {

json report(const std::string& arguments) {
    const test::Finished f = test::run_tessera("run --format json " + arguments);
    INFO(f.err);
    REQUIRE(f.exit_code == 0);
    return json::parse(f.out);
}

double figure(const json& report, const char* key) {
    return report["derived"][key]["value"].get<double>();
}

}  // namespace

TEST_CASE("base is compute-bound on eight channels of HBM2, bandwidth-bound on one of DDR4") {
    Compared compared("figures");
    const std::string run = "--timing-only --random 1,16384,64 --memory ";
    const double utilisation = figure(report(run + "hbm2-2000-8ch"), "mac_utilisation");
    compared.holds(utilisation >= 0.99, [&] { return std::to_string(utilisation); });
    // Streams of the reference table with 64 requests in flight: 14.354 GB/s.
    const double bandwidth = figure(report(run + "ddr4-2400r"), "dram_bandwidth");
    compared.holds(bandwidth >= 0.9 * 14.354, [&] { return std::to_string(bandwidth); });
}

TEST_CASE("windows keep the device busy, decoding moves each key once, cycles are the formula's") {
    Compared facts("facts");
    const auto run = [](const std::string& arguments) {
        return report("--timing-only " + arguments);
    };
    const auto window = run("--random 1,65536,64 --window 4096 --sinks 64");
    facts.holds(figure(window, "useful_utilisation") >= 0.88, [] { return "utilisation"; });
    facts.equal(figure(window, "calls"), figure(window, "calls_formula"));
    const std::string token = "--random 8,1,64 --kv-heads 1 --keys 65536 --stack-heads --memory ";
    // 14.35 GB/s is what a stream of reads has on this memory (docs/results/memory.md).
    const auto decoding = run(token + "ddr4-2400r");
    facts.holds(figure(decoding, "bytes_over_compulsory") <= 1.05, [] { return "bytes"; });
    facts.holds(figure(decoding, "dram_bandwidth") >= 0.9 * 14.35, [] { return "bandwidth"; });
    // Where the device's port is the limit: 64 bytes a cycle.
    const auto fast = run(token + "ideal");
    facts.holds(figure(fast, "bytes") >= 0.9 * 64 * figure(fast, "cycles"),
                [] { return "bytes a cycle"; });
    for (const char* mask :
         {"--window 900 --sinks 7", "--prefix 300", "--sinks 300", "--window 64 --mask dense",
          "--block 512", "--window 5 --align start --keys 3000"}) {
        const auto d = run(std::string("--random 2,2000,64 --memory ideal ") + mask);
        facts.equal(figure(d, "stall_free_difference"), 0, [&] { return mask; });
    }
}

TEST_CASE("bytes, accesses and streams of every memory fit together, and results are right") {
    Compared compared("figures of runs");
    for (const std::string memory :
         {"ddr4-2400r", "ddr4-3200", "lpddr5-6400", "hbm2-2000-1ch", "hbm2-2000-8ch", "hbm3"}) {
        const json r = report("--random 2,300,64 --mask causal --lse --memory " + memory);
        // Every burst of this device is a multiple of the largest transaction, 64 bytes.
        compared.equal(figure(r, "dram_bytes"), figure(r, "bytes"));
        double streams = 0;
        for (const json& stream : r["memory"]["streams"]) {
            streams += stream["bytes"].get<double>();
            const json& latency = stream["latency"];
            compared.holds(latency["p50"] <= latency["p90"] && latency["p90"] <= latency["p99"] &&
                               latency["p99"] <= latency["max"] &&
                               latency["mean"] <= latency["max"],
                           [&] { return memory + " " + stream.dump(); });
        }
        compared.equal(streams, figure(r, "bytes"));
        double accesses = 0, rows = 0;
        for (const json& c : r["memory"]["channels"]) {
            accesses += c["reads"].get<double>() + c["writes"].get<double>();
            rows += c["row_hits"].get<double>() + c["row_misses"].get<double>() +
                    c["row_conflicts"].get<double>();
        }
        compared.equal(rows, accesses);
        compared.holds(figure(r, "dram_bandwidth") <= figure(r, "dram_peak_bandwidth"),
                       [&] { return memory + ": above the peak"; });
        compared.holds(r["error"]["within_bound"].get<bool>(), [&] { return memory; });
    }
}

TEST_CASE("a viewer keeps every slice of a run at every clock, and counters are on its grid") {
    Compared slices("slices"), samples("samples of counters");
    for (const char* clock : {"0.8", "1", "1.2", "1.25", "1.4", "2.5", "3"}) {
        const test::Scratch scratch;
        const json r =
            report(std::string("--device base --random 2,1024,64 --mask causal ") +
                   "--no-check --set device.clock_ghz=" + clock + " --out " + scratch / "out");
        const json trace = json::parse(test::read_text(scratch / "out/trace.json"));
        const auto viewed = test::view(trace);
        for (const json& event : viewed.dropped)
            slices.holds(false, [&] { return clock + (" GHz: " + event.dump()); });
        for (const test::ViewedSlice& slice : viewed.kept) {
            const json& args = slice.args;  // those of commands have their cycles
            slices.holds(slice.start_ns <= slice.end_ns &&
                             (args.contains("group") || args.contains("counter") ||
                              (args["start"] == slice.start_ns && args["retire"] == slice.end_ns)),
                         [&] { return args.dump(); });
        }
        CHECK(viewed.kept.size() > r["commands_total"].get<size_t>());
        std::map<std::string, int64_t> next;  // sample of each track
        for (const json& event : trace["traceEvents"]) {
            if (event["ph"] != "C") continue;
            const std::string name = event["name"];
            int64_t& expected = next[name];
            samples.equal(test::viewer_ns(event["ts"]), expected, [&] { return event.dump(); });
            expected += std::stoll(name.substr(name.find("mean of ") + 8));
        }
        CHECK(next.size() == 4 + 8);  // two stages, two ways of the port, channels
    }
}

/// Sum over the windows of every counter track times their width, by track: unit * us.
std::map<std::string, double> counter_tracks(const json& trace) {
    std::map<std::string, double> sums, width, last;
    for (const json& event : trace["traceEvents"]) {
        if (event["ph"] != "C") continue;
        const std::string name =
            std::to_string(event["pid"].get<int>()) + " " + event["name"].get<std::string>();
        const double at = event["ts"].get<double>();
        if (width[name] == 0) width[name] = at;  // the second one's time
        sums[name] += event["args"].begin()->get<double>();
    }
    for (auto& [name, sum] : sums) sum *= width[name];
    return sums;
}

/// Of the tracks whose name has `part` in it.
double sum_of(const std::map<std::string, double>& tracks, const std::string& part) {
    double sum = 0;
    for (const auto& [name, value] : tracks)
        if (name.find(part) != std::string::npos) sum += value;
    return sum;
}

TEST_CASE("the stalls of a trace add up to the counters, each under its cause") {
    Compared compared("counters");
    for (const char* arguments :
         {"--device base --random 2,700,64 --mask causal --memory hbm2-2000-8ch",
          "--device small --random 1,700,64 --memory ddr4-3200 --num-devices 2",
          "--device tiny --random 2,300,16 --memory ideal-stall",
          "--device tiny --random 1,100,16 --mask causal --window 20 --memory ideal"}) {
        const test::Scratch scratch;
        const json r =
            report(std::string(arguments) + " --trace-commands 1000000 --out " + scratch / "out");
        const json trace = json::parse(test::read_text(scratch / "out/trace.json"));
        std::map<std::string, int64_t> sums;
        for (const json& event : trace["traceEvents"])
            if (event["ph"] == "X" && event["args"].contains("counter"))
                sums[event["args"]["counter"]] += test::viewer_ns(event["dur"]);
        for (const auto& [name, figure] : r["counters"].items())
            if (contains(name, "_stall"))
                compared.equal(sums[name], figure["value"].get<int64_t>(),
                               [&, counter = name] { return arguments + (" " + counter); });
    }
}

TEST_CASE("the window of a trace is what the counters count") {
    Compared compared("windows");
    const struct {
        std::string arguments;
        size_t devices;
    } kRuns[] = {{"--device base --random 1,700,64 --memory ddr4-3200", 1},
                 {"--device small --random 1,700,64 --memory ideal --num-devices 3", 3}};
    for (const auto& run : kRuns) {
        const std::string& arguments = run.arguments;
        const size_t devices = run.devices;
        const test::Scratch scratch;
        const json r = report(arguments + " --out " + scratch / "out");
        const json trace = json::parse(test::read_text(scratch / "out/trace.json"));
        std::vector<int64_t> first(devices, INT64_MAX), fenced(devices, -1);
        for (const json& event : trace["traceEvents"]) {
            if (event["ph"] != "X" || !event["args"].contains("retire")) continue;
            const size_t device = event["pid"].get<size_t>() - 1;
            first.at(device) = std::min(first.at(device), event["args"]["dispatch"].get<int64_t>());
            if (contains(event["name"].get<std::string>(), "FENCE"))
                fenced.at(device) =
                    std::max(fenced.at(device), event["args"]["retire"].get<int64_t>());
        }
        const json& windows = trace["otherData"]["window"];
        compared.equal(windows.size(), devices);
        int64_t cycles = 0;
        for (size_t d = 0; d < devices; ++d) {
            const auto begin = windows[d][0].get<int64_t>(), end = windows[d][1].get<int64_t>();
            compared.equal(end, fenced[d] - 1, [&] { return arguments; });
            compared.holds(begin > 0 && begin < first[d], [&] { return arguments; });
            cycles = std::max(cycles, end - begin + 1);
        }
        compared.equal(r["counters"]["cycles"]["value"].get<int64_t>(), cycles,
                       [&] { return arguments; });
    }
}

TEST_CASE("the counter tracks of a trace add up to the counters, however long the run") {
    Compared compared("sums of tracks");
    const struct {
        std::string arguments;
        size_t tracks;
    } kRuns[] = {{"--device base --random 1,512,64 --memory hbm2-2000-8ch", 4 + 8},
                 {"--device small --random 1,700,64 --memory ideal --trace-commands 10", 4},
                 {"--device tiny --random 2,900,16 --memory ideal-stall --trace-commands 0", 4},
                 {"--device small --random 1,900,64 --memory ddr4-3200 --num-devices 3", 3 * 4 + 1},
                 {"--device base --random 1,8192,64 --memory ideal --timing-only", 4}};
    for (const auto& run : kRuns) {
        const test::Scratch scratch;
        const json r = report(run.arguments + " --out " + scratch / "out");
        const auto tracks =
            counter_tracks(json::parse(test::read_text(scratch / "out/trace.json")));
        compared.equal(tracks.size(), run.tracks, [&] { return run.arguments; });
        const auto near = [&](double actual, double expected, const char* what) {
            compared.holds(expected > 0 && std::abs(actual - expected) < 1e-3 * expected, [&] {
                return run.arguments + ", " + what + ": " + std::to_string(actual) + " of " +
                       std::to_string(expected);
            });
        };
        const auto counter = [&](const char* name) {
            return r["counters"][name]["value"].get<double>();
        };
        const double cycles = 1e3 / 100;  // of one us, per cent
        near(sum_of(tracks, "score stage") * cycles, counter("score_busy"), "score stage");
        near(sum_of(tracks, "value stage") * cycles, counter("value_busy"), "value stage");
        const double bus = r["configuration"]["resolved"]["device"]["BUS_BYTES"].get<double>();
        near(sum_of(tracks, "memory port") * cycles * bus, figure(r, "bytes"), "memory port");
        if (sum_of(tracks, "channel") != 0)
            near(sum_of(tracks, "channel") * 1e3, figure(r, "dram_bytes"), "channels");
    }
}
