// SPDX-License-Identifier: MIT
// A device that visits only the keys that a mask leaves: the same results, fewer cycles, but not
// fewer than the formula says, and nothing else where the mask hides nothing.
#include "tests/support/run_json.h"

using namespace tessera::test;

namespace {

constexpr const char* kOn = " --set device.key_ranges=on ";
constexpr const char* kOff = " --set device.key_ranges=off ";

const char* const kMasks[] = {"--mask causal",
                              "--window 5",
                              "--window 20 --sinks 3",
                              "--window 7 --mask dense",
                              "--sinks 18",
                              "--prefix 21",
                              "--block 8",
                              "--block 8 --summary 1",
                              "--window 5 --align start --keys 150",
                              "--documents 0,20,43,90",
                              "--window 9 --sinks 2 --schedule kv-resident",
                              "--window 9 --sinks 2 --schedule paired",
                              "--window 9 --sinks 2 --set device.profile=stats",
                              "--window 9 --sinks 2 --set device.profile=blackbox"};

double figure(const nlohmann::json& report, const char* name) {
    return report["derived"][name]["value"].get<double>();
}

}  // namespace

TEST_CASE("ranges of keys change no bit of a result") {
    Compared files("output files");
    const Scratch scratch;
    for (const std::string mask : kMasks) {
        const std::string job = "run --device tiny --random 2,117,14 " + mask;
        std::string results[2];
        for (int on = 0; on < 2; ++on) {
            const std::string folder = scratch / ("out" + std::to_string(on));
            const Finished run = run_tessera(job + (on == 1 ? kOn : kOff) + "--out " + folder);
            files.equal(run.exit_code, 0, [&] { return mask + run.err; });
            results[on] = read_text(folder + "/out.safetensors");
        }
        files.holds(!results[0].empty() && results[0] == results[1], [&] { return mask; });
    }
}

TEST_CASE("ranges of keys: faster, dense as before, and no faster than the formula") {
    Compared facts("facts");
    const std::string job = "--timing-only --memory ideal --random 2,1000,64 ";
    const auto cycles = [&](const std::string& mask, const char* ranges) {
        return run_json(job + mask + ranges)["counters"]["cycles"]["value"].get<uint64_t>();
    };
    facts.equal(cycles("--mask dense", kOn), cycles("--mask dense", kOff));
    for (const std::string mask :
         {"--mask causal", "--window 900 --sinks 7", "--prefix 300", "--sinks 300",
          "--window 64 --mask dense", "--block 512", "--window 5 --align start --keys 1300",
          "--window 200 --align start --keys 700"}) {
        const auto report = run_json(job + mask + kOn);
        facts.holds(figure(report, "stall_free_difference") >= 0, [&] { return mask; });
        facts.holds(figure(report, "mac_utilisation") <= 1 &&
                        figure(report, "mac_utilisation") >= figure(report, "useful_utilisation"),
                    [&] { return mask; });
        facts.holds(cycles(mask, kOn) < cycles(mask, kOff), [&] { return mask; });
    }
}
