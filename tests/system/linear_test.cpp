// SPDX-License-Identifier: MIT
// `tessera linear` on the whole machine: its result against double precision, calls, mistakes.
#include "tests/support/compared.h"
#include "tests/support/report.h"

using namespace tessera;
using test::Compared;
using test::figure;
using test::report_of;
using test::run_tessera;

TEST_CASE("linear: every element within its bound, calls by formula") {
    auto random = test::test_random();
    Compared elements("elements"), figures("figures");
    for (int n = 0; n < 12; ++n) {
        const bool oracle = n % 2 == 0, causal = n % 4 < 2;
        const uint64_t m = oracle ? 128 : 16, d = 1 + random() % (oracle ? 71 : 15);
        const uint64_t kv = 1 + random() % 2, heads = kv * (1 + random() % 2);
        const uint64_t tokens = 1 + random() % (8 * m);
        const uint64_t chunk = causal ? m - d : m, chunks = (tokens + chunk - 1) / chunk;
        const std::string arguments =
            std::string("linear --device ") + (oracle ? "oracle" : "tiny") + " --random " +
            std::to_string(heads) + "," + std::to_string(tokens) + "," + std::to_string(d) +
            " --kv-heads " + std::to_string(kv) + " --mask " + (causal ? "causal" : "dense") +
            " --seed " + std::to_string(random() % 1000);
        const nlohmann::json report = report_of(arguments);
        const auto where = [&] { return arguments; };
        figures.equal(figure(report, "calls"),
                      static_cast<double>(kv * (causal ? chunks - 1 : chunks) + heads * chunks),
                      where);
        figures.equal(figure(report, "elementwise_elements"),
                      static_cast<double>((2 * heads + kv) * tokens * d), where);
        const auto& error = report["error"];
        elements.equal(error["elements"]["value"].get<uint64_t>(), heads * tokens * d, where);
        for (uint64_t i = 0; i < heads * tokens * d; ++i)
            elements.holds(error["outside"]["value"] == 0, where);
    }
}

TEST_CASE("linear: 65,536 tokens within 2e-3 rms of double precision") {
    Compared figures("rms errors");
    for (const char* mask : {"causal", "dense"}) {
        const nlohmann::json report =
            report_of(std::string("linear --device oracle --random 1,65536,64 --mask ") + mask);
        const double rms = report["error"]["rms_relative"]["value"].get<double>();
        figures.holds(rms > 0 && rms <= 2e-3, [&] { return mask + std::to_string(rms); });
    }
}

TEST_CASE("linear: what a user gets wrong") {
    Compared messages("messages");
    const auto refused = [&](const std::string& arguments, const char* part) {
        const test::Finished f = run_tessera("linear " + arguments);
        messages.equal(f.exit_code, 2, [&] { return arguments; });
        messages.holds(test::contains(f.err, part), [&] { return arguments + ": " + f.err; });
    };
    refused("", "input is missing");
    refused("--random 1,2", "--random is 1,2; allowed: three whole numbers HEADS,TOKENS,DIM");
    refused("--random 1,100,64", "dimension of v is 64; allowed: at most 63");
    refused("--random 1,100,65 --dim-v 3", "dimension of q is 65; allowed: at most 64");
    refused("--device oracle --random 1,100,64 --keys 90",
            "tokens of k is 90; allowed: as many as of q");
    refused("--device oracle --random 1,100,64 --mask window", "--mask is window; allowed: causal");
    refused("--device oracle --random 1,129,64 --set device.profile=stats",
            "tokens is 129; allowed: at most 128 on this device");
    refused("--device oracle --random 3,100,64 --kv-heads 2",
            "heads of k is 2; allowed: a number that divides q's heads, 3");
    refused("--device oracle --random 1,100,64 --num-devices 2", "--num-devices");
}
