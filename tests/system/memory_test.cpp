// SPDX-License-Identifier: MIT
// Runs behind DRAM: what is promised of the presets, and that the report's numbers fit together.
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/support/compared.h"
#include "tests/support/run_tessera.h"

using namespace tessera;
using nlohmann::json;
using test::Compared;

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

TEST_CASE("the trace has a track for each channel, whose sum is what was moved") {
    const test::Scratch scratch;
    const json r = report("--random 1,512,64 --memory hbm2-2000-8ch --out " + scratch / "out");
    const json trace = json::parse(test::read_text(scratch / "out/trace.json"));
    Compared compared("channel tracks");
    std::map<std::string, double> gb;  // by track: GB/s * us
    double last = 0, width = 0;
    for (const json& event : trace["traceEvents"]) {
        if (event["ph"] != "C") continue;
        const double at = event["ts"].get<double>();
        if (at > 0 && last == 0) width = at;
        last = at;
        gb[event["name"].get<std::string>()] += event["args"]["GB/s"].get<double>();
    }
    compared.equal(gb.size(), size_t{8});
    double bytes = 0;
    for (const auto& [name, sum] : gb) bytes += sum * width * 1e3;
    const double moved = figure(r, "dram_bytes");
    compared.holds(std::abs(bytes - moved) < 1e-3 * moved,
                   [&] { return std::to_string(bytes) + " of " + std::to_string(moved); });
}
