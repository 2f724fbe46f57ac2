// SPDX-License-Identifier: MIT
// `tessera linear` on the whole machine: its result against double precision, calls, mistakes.
#include <cmath>

#include "host/io/safetensors.h"
#include "spec/integers.h"
#include "tests/support/bf16_numbers.h"
#include "tests/support/compared.h"
#include "tests/support/report.h"

using namespace tessera;
using test::Compared;
using test::figure;
using test::report_of;
using test::run_tessera;

namespace {

/// q, k and v of one shape, in F32.
void write_tensors(const std::string& path, const std::vector<uint64_t>& shape,
                   const std::vector<std::vector<float>>& qkv) {
    constexpr host::Dtype kF32 = host::Dtype::kF32;
    host::SafetensorsWriter writer(
        path, {{"q", kF32, shape}, {"k", kF32, shape}, {"v", kF32, shape}}, {});
    for (size_t i = 0; i < 3; ++i)
        writer.write(std::string("qkv").substr(i, 1), 0, qkv[i].data(), qkv[i].size());
    writer.commit();
}

double feature(float x) {
    const auto wide = static_cast<double>(x);
    return wide > 0 ? wide + 1 : std::exp(wide);
}

}  // namespace

TEST_CASE("linear: every element within its bound, calls by formula") {
    auto random = test::test_random();
    Compared elements("elements"), figures("figures");
    for (int n = 0; n < 12; ++n) {
        const bool large = n % 2 == 0, causal = n % 4 < 2;
        const uint64_t m = large ? 128 : 16, d = 1 + random() % (large ? 71 : 15);
        const uint64_t kv = 1 + random() % 2, heads = kv * (1 + random() % 2);
        const uint64_t tokens = 1 + random() % (8 * m);
        const uint64_t chunk = causal ? m - d : m, chunks = spec::divide_up(tokens, chunk);
        const std::string arguments =
            std::string("linear --device ") + (large ? "blackbox-64" : "tiny") + " --random " +
            std::to_string(heads) + "," + std::to_string(tokens) + "," + std::to_string(d) +
            " --kv-heads " + std::to_string(kv) + " --mask " + (causal ? "causal" : "dense") +
            " --seed " + std::to_string(random() % 1000);
        const nlohmann::json report = report_of(arguments);
        const auto where = [&] { return arguments; };
        figures.equal(figure(report, "calls"),
                      static_cast<double>(kv * (causal ? chunks - 1 : chunks) + heads * chunks),
                      where);
        figures.equal(figure(report, "elementwise_elements"),
                      static_cast<double>(3 * (heads + kv) * tokens * d), where);
        const auto& error = report["error"];
        figures.equal(error["elements"]["value"].get<uint64_t>(), heads * tokens * d, where);
        elements.add(error["elements"]["value"].get<uint64_t>(),
                     error["outside"]["value"].get<uint64_t>(), where);
    }
}

TEST_CASE("linear: 65,536 tokens within 2e-3 rms of double precision") {
    Compared figures("rms errors");
    for (const char* mask : {"causal", "dense"}) {
        const nlohmann::json report = report_of(
            std::string("linear --device blackbox-64 --random 1,65536,64 --mask ") + mask);
        const double rms = report["error"]["rms_relative"]["value"].get<double>();
        figures.holds(rms > 0 && rms <= 2e-3, [&] { return mask + std::to_string(rms); });
    }
}

TEST_CASE("linear: what a user gets wrong") {
    Compared messages("messages");
    const auto refused = [&](const std::string& arguments, const char* part) {
        test::expect_refusal(messages, "linear " + arguments, part);
    };
    refused("", "input is missing");
    refused("--random 1,2", "--random is 1,2; allowed: three whole numbers HEADS,TOKENS,DIM");
    refused("--random 1,100,64", "dimension of v is 64; allowed: at most 63");
    refused("--random 1,100,65 --dim-v 3", "dimension of q is 65; allowed: at most 64");
    refused("--device blackbox-64 --random 1,100,64 --keys 90",
            "tokens of k is 90; allowed: as many as q has");
    refused("--device blackbox-64 --random 1,100,64 --mask window",
            "--mask is window; allowed: causal");
    refused("--device blackbox-64 --random 1,129,64 --set device.profile=stats",
            "tokens is 129; allowed: at most 128 on this device");
    refused("--device blackbox-64 --random 3,100,64 --kv-heads 2",
            "heads of k is 2; allowed: a number that divides q's heads, 3");
    refused("--device blackbox-64 --random 1,100,64 --num-devices 2", "--num-devices");
    refused(
        "--random 1,2147483647,1 --set memory.size_bytes=1099511627776 --memory ideal "
        "--timing-only",
        "tokens is 2147483647; allowed: at most 2147483520 on this device");
}

TEST_CASE("linear: o of a file") {
    constexpr uint64_t kHeads = 2, kTokens = 40, kDim = 8;
    auto random = test::test_random();
    Compared elements("elements of the written o");
    const test::Scratch folder;
    std::vector<std::vector<float>> qkv(3);
    for (std::vector<float>& x : qkv) x = test::bf16_numbers(kHeads * kTokens * kDim, random);
    const std::vector<float>&q = qkv[0], &k = qkv[1], &v = qkv[2];
    write_tensors(folder / "x.safetensors", {kHeads, kTokens, kDim}, qkv);
    for (const std::string mask : {"causal", "dense"}) {
        const std::string out = folder / mask;
        const test::Finished f =
            run_tessera("linear --device tiny --input " + (folder / "x.safetensors") + " --mask " +
                        mask + " --out " + out);
        INFO(f.err);
        REQUIRE(f.exit_code == 0);
        const host::SafetensorsFile file(out + "/out.safetensors");
        const host::TensorView& view = file.tensor("o");
        REQUIRE(view.shape == std::vector<uint64_t>{kHeads, kTokens, kDim});
        std::vector<double> o(view.elements);
        view.to_double(0, view.elements, o.data());
        // docs/contract/accuracy.md, section 4; M = 16, and five updates of a state at most.
        const double e = std::pow(1 + 0x1p-8, 3) * (1 + (32 + kDim + 5) * 0x1p-23) - 1;
        for (uint64_t i = 0; i < o.size(); ++i) {
            const uint64_t row = i / kDim, head = row / kTokens, column = i % kDim;
            const uint64_t end = head * kTokens + (mask == "causal" ? row % kTokens + 1 : kTokens);
            double sum = 0, size = 0, all = 0;
            for (uint64_t j = head * kTokens; j < end; ++j) {
                double weight = 0;
                for (uint64_t r = 0; r < kDim; ++r)
                    weight += feature(q[row * kDim + r]) * feature(k[j * kDim + r]);
                const auto value = static_cast<double>(v[j * kDim + column]);
                sum += weight * value;
                size += weight * std::fabs(value);
                all += weight;
            }
            const double bound = (2 * e / (1 - e) + 0x1p-23) * size / all;
            elements.holds(std::fabs(o[i] - sum / all) <= bound, [&] {
                return mask + ", " + std::to_string(o[i]) + " for " + std::to_string(sum / all);
            });
        }
    }
}

TEST_CASE("linear: features far below 2^-126 of each other's products come out right") {
    constexpr uint64_t kTokens = 60, kDim = 8;
    auto random = test::test_random();
    Compared elements("elements of the written o"), facts("facts of runs");
    const test::Scratch folder;
    // Of q and k; `mixed`: the second half of the tokens is around 0.
    const struct {
        float q, k;
        bool mixed;
    } places[] = {{-44, -44, false}, {-48, -48, false}, {-80, -80, false},
                  {-80, 0, false},   {-48, -48, true},  {-80, -80, true}};
    for (const auto& place : places) {
        std::vector<std::vector<float>> qkv(3);
        for (std::vector<float>& x : qkv) x = test::bf16_numbers(kTokens * kDim, random);
        for (uint64_t i = 0; i < kTokens * kDim; ++i) {
            const bool moved = !place.mixed || i < kTokens / 2 * kDim;
            qkv[0][i] = moved ? std::round(place.q + qkv[0][i]) : qkv[0][i];  // bf16 still
            qkv[1][i] = moved ? std::round(place.k + qkv[1][i]) : qkv[1][i];
        }
        write_tensors(folder / "x.safetensors", {1, kTokens, kDim}, qkv);
        for (const std::string mask : {"causal", "dense"}) {
            const std::string arguments = "linear --device tiny --format json --input " +
                                          (folder / "x.safetensors") + " --mask " + mask +
                                          " --out " + (folder / mask);
            const test::Finished f = run_tessera(arguments);
            const auto where = [&] {
                return std::to_string(place.q) + ", " + std::to_string(place.k) + ", " + mask;
            };
            INFO(where() << f.err);
            REQUIRE(f.exit_code == 0);
            const auto error = nlohmann::json::parse(f.out)["error"];
            facts.equal(error["elements"]["value"].get<uint64_t>(), kTokens * kDim, where);
            facts.equal(error["within_bound"], true, where);
            const host::SafetensorsFile file(folder / mask + "/out.safetensors");
            std::vector<double> o(kTokens * kDim);
            file.tensor("o").to_double(0, o.size(), o.data());
            const double e = std::pow(1 + 0x1p-8, 3) * (1 + (32 + kDim + 8) * 0x1p-23) - 1;
            for (uint64_t i = 0; i < o.size(); ++i) {
                const uint64_t row = i / kDim, column = i % kDim;
                double sum = 0, size = 0, all = 0;
                for (uint64_t j = 0; j < (mask == "causal" ? row + 1 : kTokens); ++j) {
                    double weight = 0;
                    for (uint64_t r = 0; r < kDim; ++r)
                        weight += feature(qkv[0][row * kDim + r]) * feature(qkv[1][j * kDim + r]);
                    const auto value = static_cast<double>(qkv[2][j * kDim + column]);
                    sum += weight * value;
                    size += weight * std::fabs(value);
                    all += weight;
                }
                // What is flushed is less than 2^-24 of the denominator, or there is no result.
                const double bound = (2 * e / (1 - e) + 0x1p-23) * size / all + 0x1p-20;
                elements.holds(std::fabs(o[i] - sum / all) <= bound, where);
            }
        }
    }
}

TEST_CASE("linear: queries whose features are below 2^-126 are scaled and compared") {
    Compared elements("elements of o");
    const test::Scratch folder;
    const std::vector<float> flushed(64, -100.0f), ones(64, 1.0f);
    write_tensors(folder / "x.safetensors", {1, 8, 8}, {flushed, ones, ones});
    const nlohmann::json report =
        report_of("linear --device tiny --input " + (folder / "x.safetensors"));
    const auto& error = report["error"];
    elements.equal(error["not_compared"]["value"].get<int>(), 0);
    elements.equal(error["elements"]["value"].get<int>(), 64);
    elements.equal(error["within_bound"], true);
}
