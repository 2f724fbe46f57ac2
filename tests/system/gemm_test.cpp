// SPDX-License-Identifier: MIT
// `tessera gemm` on the whole machine: its result against double precision, utilisation, calls,
// bytes, mistakes.
#include "tests/support/compared.h"
#include "tests/support/report.h"

using namespace tessera;
using test::Compared;
using test::figure;
using test::report_of;
using test::run_tessera;

TEST_CASE("gemm: every element within its bound, calls by formula, ragged sizes too") {
    auto random = test::test_random();
    Compared elements("elements of products"), calls("numbers of calls");
    const struct {
        const char* name;
        uint64_t m, d;
    } devices[] = {{"tiny", 16, 16}, {"base", 128, 64}, {"oracle", 128, 72}};
    const auto tiles = [](uint64_t length, uint64_t tile) { return (length + tile - 1) / tile; };
    for (const auto& device : devices)
        for (int n = 0; n < 4; ++n) {
            const auto length = [&] { return 1 + random() % (3 * device.d); };
            const uint64_t rows = length(), columns = length(), inner = length();
            const std::string arguments =
                std::string("gemm --device ") + device.name + " --random " + std::to_string(rows) +
                "," + std::to_string(columns) + "," + std::to_string(inner) + " --seed " +
                std::to_string(random() % 1000) + (n % 2 == 0 ? "" : " --output-format bf16");
            const nlohmann::json report = report_of(arguments);
            const auto& error = report["error"];
            calls.equal(figure(report, "calls"),
                        static_cast<double>(tiles(rows, device.m) * tiles(columns, device.d) *
                                            tiles(inner, device.d)),
                        [&] { return arguments; });
            elements.equal(error["elements"]["value"].get<uint64_t>(), rows * columns,
                           [&] { return arguments; });
            for (uint64_t i = 0; i < rows * columns; ++i)
                elements.holds(error["outside"]["value"] == 0, [&] { return arguments; });
        }
}

TEST_CASE("gemm: 48 % of peak on base, and what it reads") {
    Compared figures("figures of products");
    for (const char* memory : {"--memory ideal", ""}) {
        const nlohmann::json report =
            report_of(std::string("gemm --timing-only --random 512,512,1024 ") + memory);
        const double utilisation = figure(report, "mac_utilisation");
        figures.holds(utilisation >= 0.48 && utilisation <= 0.5,
                      [&] { return memory + std::to_string(utilisation); });
        figures.equal(figure(report, "calls"), 4.0 * 8 * 16);
        // 4 row tiles, 8 column tiles in pairs: A is read four times, B four times.
        const double a = 2.0 * 512 * 1024, b = 2.0 * 1024 * 512;
        figures.equal(figure(report, "bytes_q"), 4 * a);
        figures.equal(figure(report, "bytes_v"), 4 * b);
        figures.equal(figure(report, "bytes_o"), 4.0 * 512 * 512);
        figures.equal(figure(report, "identity_macs"), 512.0 * 8 * 16 * 64 * 64);
    }
}

TEST_CASE("gemm: timing only takes the same cycles and bytes") {
    Compared figures("figures of products");
    const std::string arguments = "gemm --random 300,130,200";
    const nlohmann::json data = report_of(arguments),
                         timing = report_of(arguments + " --timing-only");
    for (const auto& [key, figure] : data["counters"].items())
        if (key.rfind("rows_", 0) != 0)
            figures.equal(timing["counters"][key]["value"], figure["value"],
                          [name = key] { return name; });
}

TEST_CASE("gemm: what a user gets wrong") {
    Compared messages("messages");
    const auto refused = [&](const std::string& arguments, const char* part) {
        const test::Finished f = run_tessera("gemm " + arguments);
        messages.equal(f.exit_code, 2, [&] { return arguments; });
        messages.holds(test::contains(f.err, part), [&] { return arguments + ": " + f.err; });
    };
    refused("", "input is missing");
    refused("--random 1,2", "--random is 1,2; allowed: three whole numbers M,N,K");
    refused("--random 1,0,2", "a length is 0; allowed: 1 to");
    refused("--random 4,4,4 --a x.npy", "given more than once");
    refused("--a x.npy", "--b is missing");
    refused("--seed 3 --a x.npy --b y.npy", "--random");
    refused("--random 4,4,4 --output-format fp16", "--output-format is fp16; allowed: fp32, bf16");
    refused("--random 4,4,4 --format xml", "--format is xml; allowed: table, json");
    refused("--random 4,4,4 --num-devices 2", "--num-devices");
    refused("--random 4,4,4 --timing-only --check", "--check is not possible");
    refused("--random 4,4,65 --set device.profile=stats",
            "inner dimension is 65; allowed: 1 to 64 on this device");
    refused("--random 100000,100000,1000 --timing-only", "not enough memory");
}

TEST_CASE("gemm: a device that does not accumulate multiplies one block") {
    Compared elements("elements of products");
    for (const char* profile : {"stats", "blackbox"}) {
        const nlohmann::json report =
            report_of(std::string("gemm --random 150,150,64 --set device.profile=") + profile);
        elements.equal(report["error"]["elements"]["value"].get<int>(), 150 * 150);
        elements.equal(report["error"]["outside"]["value"].get<int>(), 0);
    }
}

TEST_CASE("gemm: the folder gets the report and the product") {
    Compared files("files");
    const test::Scratch scratch;
    const std::string out = scratch / "result";
    const test::Finished f = run_tessera("gemm --random 5,6,7 --out " + out);
    files.equal(f.exit_code, 0, [&] { return f.err; });
    const auto report = nlohmann::json::parse(test::read_text(out + "/report.json"));
    files.equal(report["schema"].get<std::string>(), "tessera.gemm");
    files.holds(test::contains(test::read_text(out + "/out.safetensors"), "\"shape\":[5,6]"),
                [] { return "shape of c"; });
}
