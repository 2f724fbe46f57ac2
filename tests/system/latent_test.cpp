// SPDX-License-Identifier: MIT
// Latent attention as decoders have it: keys of 576 elements, values of 512, one key/value head for
// all query heads. Device `mla` in every profile, schedule and form of sentinel, within the bound
// against double precision; cycles and bytes as predicted.
#include "tests/support/run_json.h"

using namespace tessera;
using test::Compared;
using test::run_json;

namespace {

constexpr const char* kSchedules[] = {"query-resident", "kv-resident", "paired"};

double figure(const nlohmann::json& report, const char* key) {
    return report["derived"][key]["value"].get<double>();
}

/// Runs and compares with double precision: every row and column, all of them finite.
nlohmann::json within_bound(const std::string& arguments, uint64_t elements, Compared& runs) {
    const auto report = run_json("--device mla --check " + arguments);
    const auto& error = report["error"];
    const auto where = [&] { return arguments + ": " + error.dump(); };
    runs.equal(error["elements"]["value"], elements, where);
    runs.equal(error["within_bound"], true, where);
    runs.holds(error["max_over_bound"]["value"].get<double>() > 0, where);
    return report;
}

}  // namespace

TEST_CASE("16 heads of 256 queries, every schedule in every profile") {
    Compared runs("results of runs");
    const std::string job = "--random 16,256,576 --dim-v 512 --kv-heads 1 --schedule ";
    for (const std::string schedule : kSchedules)
        for (const std::string profile : {"stateful", "stats", "blackbox"})
            within_bound(job + schedule + " --mask " + (profile == "stats" ? "causal" : "dense") +
                             " --set device.profile=" + profile,
                         16 * 256 * 512, runs);
}

TEST_CASE("ragged tiles, both masks, sums and bf16") {
    Compared runs("results of runs");
    const std::string job = "--random 3,200,576 --keys 333 --dim-v 512 --kv-heads 1 --lse ";
    for (const std::string profile : {"stateful", "stats", "blackbox"})
        for (const std::string mask : {"--mask dense", "--mask causal", "--window 100 --sinks 7"})
            within_bound(job + mask + " --output-format bf16 --set device.profile=" + profile,
                         3 * 200 * 512, runs);
}

TEST_CASE("sentinels where they fill the device's columns, and where they do not fit") {
    Compared runs("results of runs");
    const std::string job = "--random 2,150,";
    const struct {
        const char *d_k, *d_v, *form;
        uint64_t columns;
    } kCases[] = {{"575", "574", "columns", 574},
                  {"576", "512", "columns", 512},
                  {"575", "576", "split", 576},
                  {"576", "512", "split", 512},
                  {"575", "512", "two-call", 512}};
    for (const auto& c : kCases) {
        const std::string arguments = job + c.d_k + " --dim-v " + c.d_v +
                                      " --kv-heads 1 --set device.profile=blackbox --sentinel ";
        within_bound(arguments + c.form, 2 * 150 * c.columns, runs);
    }
    const auto refused =
        test::run_tessera("run --device mla " + job +
                          "576 --dim-v 575 --set device.profile=blackbox --sentinel columns");
    runs.equal(refused.exit_code, 2, [&] { return refused.err; });
    const auto wider = test::run_tessera("run --device mla --random 1,4,577");
    runs.equal(wider.exit_code, 2, [&] { return wider.err; });
    runs.holds(test::contains(wider.err, "576"), [&] { return wider.err; });
}

TEST_CASE("decoding: the heads of one token are stacked") {
    Compared runs("results of runs");
    const std::string job = "--random 128,1,576 --keys 1000 --dim-v 512 --kv-heads 1 --stack-heads";
    for (const std::string profile : {"stateful", "stats", "blackbox"}) {
        const auto report = within_bound(job + " --set device.profile=" + profile, 128 * 512, runs);
        runs.equal(figure(report, "pairs_issued"), 128.0 * 1000);
    }
    // One tile of queries: keys and values are read once.
    const auto report = within_bound(job, 128 * 512, runs);
    runs.equal(report["counters"]["bytes_k"]["value"], 1000 * 2 * 576);
    runs.equal(report["counters"]["bytes_v"]["value"], 1000 * 2 * 512);
}

TEST_CASE("cycles and bytes as predicted, and by the closed form") {
    Compared figures("figures");
    const std::string job = "--device mla --timing-only --memory ideal --dim-v 512 --kv-heads 1 ";
    for (const char* problem :
         {"--random 2,1024,576", "--random 1,300,576 --keys 777", "--random 3,128,576 --lse",
          "--random 2,500,576 --mask causal", "--random 16,1,576 --keys 512"}) {
        const auto report = run_json(job + problem + " --schedule auto");
        const auto where = [&] { return std::string(problem); };
        figures.equal(figure(report, "predicted_cycles"), figure(report, "cycles"), where);
        figures.equal(figure(report, "predicted_bytes"), figure(report, "bytes"), where);
    }
    // Descriptors are read between the many bursts of the first loads: a few cycles that the closed
    // form does not have, the same for every length and mask.
    const double line_beats = 256.0 / 128, lines = 8;
    const double extra = figure(run_json(job + "--random 2,512,576"), "stall_free_difference");
    figures.holds(extra >= 0 && extra <= lines * line_beats, [&] { return std::to_string(extra); });
    for (const char* problem :
         {"--random 2,1024,576", "--random 3,512,576 --lse", "--random 1,2048,576 --mask causal",
          "--random 2,512,576 --mask causal --output-format bf16"})
        figures.equal(figure(run_json(job + problem), "stall_free_difference"), extra,
                      [&] { return std::string(problem); });
}
