// SPDX-License-Identifier: MIT
// `tessera gemm` on the whole machine: its result against double precision, utilisation, calls,
// bytes, mistakes.
#include <algorithm>
#include <cmath>
#include <utility>

#include "host/io/safetensors.h"
#include "spec/integers.h"
#include "tests/support/bf16_numbers.h"
#include "tests/support/compared.h"
#include "tests/support/report.h"
#include "tests/support/tensor_file.h"

using namespace tessera;
using test::Compared;
using test::figure;
using test::report_of;
using test::run_tessera;
using test::write_matrix;

TEST_CASE("gemm: every element within its bound, calls by formula, ragged sizes too") {
    auto random = test::test_random();
    Compared elements("elements of products"), calls("numbers of calls and elements");
    const struct {
        const char* name;
        uint64_t m, d;
    } devices[] = {{"tiny", 16, 16}, {"base", 128, 64}, {"blackbox-64", 128, 72}};
    const auto tiles = [](uint64_t length, uint64_t tile) { return spec::divide_up(length, tile); };
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
            calls.equal(error["elements"]["value"].get<uint64_t>(), rows * columns,
                        [&] { return arguments; });
            elements.add(error["elements"]["value"].get<uint64_t>(),
                         error["outside"]["value"].get<uint64_t>(), [&] { return arguments; });
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

TEST_CASE("gemm: every form is within its bound, and makes its calls") {
    auto random = test::test_random();
    Compared elements("elements of products"), calls("numbers of calls");
    const auto tiles = [](uint64_t length, uint64_t tile) { return spec::divide_up(length, tile); };
    const struct {
        const char* name;
        uint64_t m, d, beat;
    } devices[] = {{"tiny", 16, 16, 8}, {"base", 128, 64, 32}, {"blackbox-64", 128, 72, 32}};
    for (const auto& device : devices)
        for (const std::string form : {"columns", "scores", "columns", "scores"}) {
            const uint64_t rows = 1 + random() % device.d, inner = 1 + random() % (5 * device.d);
            const uint64_t columns = 1 + random() % (3 * device.m);
            const std::string arguments = std::string("gemm --device ") + device.name +
                                          " --random " + std::to_string(rows) + "," +
                                          std::to_string(columns) + "," + std::to_string(inner) +
                                          " --precision rounded" + " --form " + form +
                                          (random() % 2 == 0 ? "" : " --output-format bf16");
            const nlohmann::json report = report_of(arguments);
            // Blocks of the inner dimension are whole beats where there are several.
            const uint64_t block =
                inner <= device.d ? device.d : device.d / device.beat * device.beat;
            calls.equal(figure(report, "calls"),
                        static_cast<double>(tiles(columns, device.m) * tiles(inner, block)),
                        [&] { return arguments; });
            const auto& error = report["error"];
            calls.equal(error["elements"]["value"].get<uint64_t>(), rows * columns);
            elements.add(error["elements"]["value"].get<uint64_t>(),
                         error["outside"]["value"].get<uint64_t>(), [&] { return arguments; });
        }
}

TEST_CASE("gemm: rows and columns have the same bits, scores others") {
    Compared elements("elements of products");
    const test::Scratch folder;
    const auto result = [&](const std::string& form) {
        const std::string out = folder / form;
        const test::Finished f = run_tessera(
            "gemm --device tiny --random 5,40,50 --inner-block 16 --precision rounded "
            "--form " +
            form + " --out " + out);
        INFO(f.err);
        REQUIRE(f.exit_code == 0);
        const host::SafetensorsFile file(out + "/out.safetensors");
        const host::TensorView& view = file.tensor("c");
        REQUIRE(view.shape == std::vector<uint64_t>{5, 40});
        std::vector<double> c(view.elements);
        view.to_double(0, view.elements, c.data());
        return c;
    };
    const std::vector<double> rows = result("rows"), columns = result("columns"),
                              scores = result("scores");
    for (size_t i = 0; i < rows.size(); ++i) elements.equal(columns[i], rows[i]);
    elements.holds(scores != rows, [] { return "scores are rounded"; });
}

TEST_CASE("gemm: the best form by prediction, which the report names") {
    Compared figures("figures of products");
    const auto cycles = [](const std::string& arguments) {
        return figure(report_of("gemm --timing-only --random " + arguments), "cycles");
    };
    const auto choice = [](const std::string& arguments) {
        const nlohmann::json report =
            report_of("gemm --timing-only --form auto --random " + arguments);
        return std::pair(report["problem"].value("form", nlohmann::json()).dump(),
                         report["note"].get<std::string>());
    };
    for (const char* shape : {"1,864,288", "16,2304,288", "200,288,288"}) {
        const std::string random = shape;
        const double best =
            std::min(cycles(random + " --form rows"), cycles(random + " --form columns"));
        figures.holds(cycles(random + " --form auto") <= 1.005 * best, [&] { return random; });
        const double rounded =
            std::min(best, cycles(random + " --form scores --precision rounded"));
        figures.holds(cycles(random + " --form auto --precision rounded") <= 1.005 * rounded,
                      [&] { return random; });
    }
    const auto chosen = choice("1,864,288 --precision rounded");
    const std::string &form = chosen.first, &note = chosen.second;
    figures.holds(test::contains(form, "scores"), [&] { return form; });
    figures.holds(test::contains(note, "Form scores by prediction: scores "), [&] { return note; });
    figures.holds(test::contains(note, ", rows "), [&] { return note; });
    figures.holds(!test::contains(choice("1,864,288").second, "scores"), [] { return "exact"; });
}

TEST_CASE("gemm: what a user gets wrong") {
    Compared messages("messages");
    const auto refused = [&](const std::string& arguments, const char* part) {
        test::expect_refusal(messages, "gemm " + arguments, part);
    };
    refused("", "input is missing");
    refused("--random 1,2", "--random is 1,2; allowed: three whole numbers M,N,K");
    refused("--random 4,4,99999999999", "three whole numbers M,N,K, each 1 to 2147483647");
    refused("--random 2147483647,2147483647,2147483647 --timing-only",
            " blocks of 2147483647 rows");
    refused("--random 1,0,2", "a length is 0; allowed: 1 to");
    refused("--random 4,4,4 --a x.npy", "given more than once");
    refused("--a x.npy", "--b is missing");
    refused("--seed 3 --a x.npy --b y.npy", "--random");
    refused("--random 4,4,4 --output-format fp16", "--output-format is fp16; allowed: fp32, bf16");
    refused("--random 4,4,4 --form wide", "--form is wide; allowed: rows, columns, scores, auto");
    refused("--random 4,4,4 --form scores", "--form scores rounds sums to bf16; it needs");
    refused("--random 4,4,4 --precision 8", "--precision is 8; allowed: exact, rounded");
    refused("--random 4,4,99 --inner-block 65", "a block of k has 65 columns; allowed: 1 to 64");
    refused("--random 4,99,4 --column-block 65", "a block of c has 65 columns; allowed: 1 to 64");
    refused("--random 4,4,99 --form columns --inner-block 36",
            "a block of k has 36 columns; allowed with form columns: multiples of 32");
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

TEST_CASE("gemm: the product of two files, in fp32 and bf16") {
    constexpr uint32_t kRows = 20, kInner = 40, kColumns = 18, kTile = 16;
    constexpr double kTiles = 3;
    auto random = test::test_random();
    Compared elements("elements of the written product");
    const test::Scratch folder;
    const std::vector<float> a = test::bf16_numbers(size_t{kRows} * kInner, random),
                             b = test::bf16_numbers(size_t{kInner} * kColumns, random);
    write_matrix(folder / "a.npy", kRows, kInner, a);
    write_matrix(folder / "b.npy", kInner, kColumns, b);
    for (const std::string format : {"fp32", "bf16"}) {
        const std::string out = folder / format;
        const test::Finished f =
            run_tessera("gemm --device tiny --a " + (folder / "a.npy") + " --b " +
                        (folder / "b.npy") + " --output-format " + format + " --out " + out);
        INFO(f.err);
        REQUIRE(f.exit_code == 0);
        const host::SafetensorsFile file(out + "/out.safetensors");
        const host::TensorView& view = file.tensor("c");
        REQUIRE(view.shape == std::vector<uint64_t>{kRows, kColumns});
        std::vector<double> c(view.elements);
        view.to_double(0, view.elements, c.data());
        for (uint32_t i = 0; i < kRows; ++i)
            for (uint32_t j = 0; j < kColumns; ++j) {
                double sum = 0, size = 0;
                for (uint32_t x = 0; x < kInner; ++x) {
                    const double term = static_cast<double>(a[i * kInner + x]) *
                                        static_cast<double>(b[x * kColumns + j]);
                    sum += term;
                    size += std::fabs(term);
                }
                double bound = (kTile + kTiles) * 0x1p-23 * size;
                if (format == "bf16") bound += 0x1p-8 * (std::fabs(sum) + bound);
                const double actual = c[i * kColumns + j];
                elements.holds(std::fabs(actual - sum) <= bound, [&] {
                    return format + ", " + std::to_string(actual) + " for " + std::to_string(sum);
                });
            }
    }
}

TEST_CASE("gemm: files that are no operands") {
    Compared messages("messages");
    const test::Scratch folder;
    std::vector<float> values(12, 1.0f);
    write_matrix(folder / "good.npy", 4, 3, values);
    values[7] = std::nanf("");
    write_matrix(folder / "nan.npy", 3, 4, values);
    values[7] = 3.4e38f;
    write_matrix(folder / "large.npy", 3, 4, values);
    const auto refused = [&](const std::string& a, const std::string& b, const char* part) {
        const test::Finished f = run_tessera("gemm --a " + (folder / a) + " --b " + (folder / b));
        messages.equal(f.exit_code, 2, [&] { return f.err; });
        messages.holds(test::contains(f.err, part), [&] { return f.err; });
        messages.holds(!test::contains(f.err, "--allow-nonfinite"), [&] { return f.err; });
    };
    refused("good.npy", "good.npy", "a must have as many columns as b has rows");
    refused("nan.npy", "good.npy",
            "tensor a holds 1 NaN, 0 Inf and 0 values too large for bf16; the first is nan at row "
            "1, column 3; allowed: finite values");
    refused("good.npy", "nan.npy", "tensor b holds 1 NaN");
    refused("large.npy", "good.npy", "0 NaN, 0 Inf and 1 values too large for bf16");
    refused("none.npy", "good.npy", "none.npy");
}

TEST_CASE("gemm: the table has shares in percent, whole numbers and a closing line") {
    Compared lines("parts of the table");
    const test::Finished f = run_tessera("gemm --random 512,512,1024 --timing-only");
    REQUIRE(f.exit_code == 0);
    for (const char* part :
         {"useful_macs                   268,435,456  multiply-add",
          "identity_macs                 268,435,456  multiply-add", " %  of peak", "3.03 x\n",
          "50 % of peak is the most", "save 268,435,456 multiply-adds"})
        lines.holds(test::contains(f.out, part), [&] { return part + f.out; });
}
