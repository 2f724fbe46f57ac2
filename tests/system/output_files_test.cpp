// SPDX-License-Identifier: MIT
// What `tessera run` writes, when, and what it leaves behind where it fails.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "host/io/safetensors.h"
#include "host/library/output_folder.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/run_tessera.h"
#include "tests/support/tensor_file.h"

using namespace tessera;
using namespace tessera::host;
using test::Compared;
using test::contains;
using test::f32;
using test::Finished;
using test::read_text;
using test::run_tessera;
using test::Scratch;
using test::write_tensors;
namespace fs = std::filesystem;

namespace {

float value_of_head(size_t head) { return static_cast<float>(head + 1); }

/// Any q and k; all of a head's values are the same, so that is what all outputs are.
std::string write_constant_heads(const std::string& path, uint64_t heads, uint64_t tokens,
                                 uint64_t dim) {
    std::vector<float> values(heads * tokens * dim);
    auto random = test::test_random();
    const std::vector<uint64_t> shape = {heads, tokens, dim};
    SafetensorsWriter writer(path, {f32("q", shape), f32("k", shape), f32("v", shape)}, {});
    for (const char* name : {"q", "k"}) {
        for (float& x : values) x = std::normal_distribution<float>()(random);
        writer.write(name, 0, values.data(), values.size());
    }
    for (size_t i = 0; i < values.size(); ++i) values[i] = value_of_head(i / (tokens * dim));
    writer.write("v", 0, values.data(), values.size());
    writer.commit();
    return path;
}

}  // namespace

TEST_CASE("results replace no input, and output that is lost is an error") {
    const Scratch files;
    const std::string input = files / "report.json";
    write_tensors(input, {f32("q", {2, 4, 8}), f32("k", {2, 4, 8}), f32("v", {2, 4, 8})});
    const std::string before = read_text(input);
    Compared facts("facts");
    const Finished over = run_tessera("run --input " + input + " --out " + files.path());
    facts.equal(over.exit_code, 2);
    facts.holds(contains(over.err, "report.json; allowed: a file that is not an input"),
                [&] { return over.err; });
    facts.equal(read_text(input), before);
    facts.equal(files.entries(), size_t{1});
    for (const char* arguments : {"devices", "--help", "run --random 1,4,4"}) {
        const std::string command =
            std::string(TESSERA_BINARY) + " " + arguments + " > /dev/full 2> " + files / "err";
        const int status = std::system(command.c_str());
        facts.equal(WEXITSTATUS(status), 2, [&] { return command; });
        facts.equal(read_text(files / "err"),
                    "tessera: stdout: cannot be written: No space left on device\n");
    }
    // Scores far beyond the device's format: no bound holds, so nothing is within one.
    const Finished far =
        run_tessera("run --device tiny --random 1,32,16 --scale 1e8 --accept-inexact");
    facts.equal(far.exit_code, 1);
    facts.holds(contains(far.out, "OUTSIDE THE BOUND"), [&] { return far.out; });
}

TEST_CASE("a result outside its bound: exit code 1, and the files are there to look at") {
    const Scratch folder;
    const Finished f =
        run_tessera("run --random 1,64,16 --scale 1e6 --accept-inexact --out " + (folder / "out"));
    Compared facts("facts");
    facts.equal(f.exit_code, 1);
    facts.equal(contains(f.out, "OUTSIDE THE BOUND"), true);
    facts.equal(contains(f.out, "clamped score"), true);
    facts.equal(fs::exists(folder / "out/report.json"), true);
    facts.equal(fs::exists(folder / "out/out.safetensors"), true);
}

TEST_CASE("the files of --out hold the result in the shape of the input") {
    const Scratch folder;
    const std::string input = folder / "x.safetensors";
    std::vector<float> values(2 * 3 * 5 * 8);
    auto random = test::test_random();
    for (float& x : values) x = std::normal_distribution<float>()(random);
    SafetensorsWriter writer(
        input, {f32("q", {2, 3, 5, 8}), f32("k", {2, 3, 5, 8}), f32("v", {2, 3, 5, 8})}, {});
    for (const char* name : {"q", "k", "v"}) writer.write(name, 0, values.data(), values.size());
    writer.commit();
    const Finished f = run_tessera("run --lse --input " + input + " --out " + (folder / "a/b"));
    INFO(f.err);
    REQUIRE(f.exit_code == 0);
    CHECK(contains(f.out, "inputs to bf16"));  // F32 inputs: the conversion's own error
    const SafetensorsFile out(folder / "a/b/out.safetensors");
    CHECK(out.tensor("o").shape == std::vector<uint64_t>{2, 3, 5, 8});
    CHECK(out.tensor("lse").shape == std::vector<uint64_t>{2, 3, 5});
    const auto report = nlohmann::json::parse(read_text(folder / "a/b/report.json"));
    CHECK(report["error"]["conversion"]["max_abs"]["value"] > 0.0);
    const auto trace = nlohmann::json::parse(read_text(folder / "a/b/trace.json"));
    Compared slices("slices of the trace");
    for (const auto& event : trace["traceEvents"])
        if (event["ph"] == "X")
            slices.holds(event["dur"] >= 0.0 && event["ts"] >= 0.0, [&] { return event.dump(); });
    CHECK(fs::exists(folder / "a/b/trace.json"));
    // x, a, b and the files: no temporary is left.
    CHECK(folder.entries() == 3 + report["files"].size());
}

TEST_CASE("in every format the user hears if there is no page") {
    Compared facts("facts");
    for (const char* format : {"table", "json", "csv", "markdown"}) {
        const Scratch scratch;
        const Finished f = run_tessera("run --random 1,8,8 --device tiny --format " +
                                       std::string(format) + " --out " + scratch / "out");
        const bool said = contains(f.out + f.err, "report.html: this tessera was built without it");
        facts.equal(f.exit_code, 0);
        facts.equal(said, !fs::exists(scratch / "out/report.html"),
                    [&] { return std::string(format); });
    }
}

TEST_CASE("a folder that was made for a failed run is removed, one that was there stays") {
    const Scratch scratch;
    Compared facts("facts");
    fs::create_directory(scratch / "there");
    std::ofstream(scratch / "there/file") << "x";
    for (const char* name : {"a", "a/b/c", "there", "there/new/"}) {
        {
            const OutputFolder folder(scratch / name);
            facts.equal(fs::is_directory(scratch / name), true, [&] { return name; });
        }
        facts.equal(scratch.entries(), 2u, [&] { return name; });
    }
}

TEST_CASE("outputs are written while they are produced, every row of them") {
    const Scratch folder;
    Compared elements("elements");
    const struct {
        uint64_t heads, tokens, dim;
        const char* arguments;
    } kRuns[] = {{2, 1500, 20, "--device small --no-check"},
                 {2, 1500, 20, "--device small --check --output-format bf16"},
                 {1, 1024, 64, "--device base --lse --no-check"},
                 {3, 1100, 24, "--device small --schedule kv-resident --mask causal --no-check"},
                 {2, 2100, 16, "--device base --num-devices 3 --no-check"}};
    for (const auto& r : kRuns) {
        const std::string input =
            write_constant_heads(folder / "x.safetensors", r.heads, r.tokens, r.dim);
        const Finished f =
            run_tessera("run --input " + input + " --out " + (folder / "out") + " " + r.arguments);
        INFO(f.err);
        REQUIRE(f.exit_code == 0);
        const SafetensorsFile file(folder / "out/out.safetensors");
        const TensorView& o = file.tensor("o");
        REQUIRE(o.elements == r.heads * r.tokens * r.dim);
        std::vector<float> values(o.elements);
        o.to_float(0, values.size(), values.data());
        for (size_t i = 0; i < values.size(); ++i) {
            const float expected = value_of_head(i / (r.tokens * r.dim));
            elements.holds(std::fabs(values[i] - expected) < 0.02f,
                           [&] { return std::to_string(i) + ": " + std::to_string(values[i]); });
        }
    }
}

TEST_CASE("a disk that is full while the devices run: a message, exit code 2, nothing left") {
    const Scratch folder;
    Compared runs("runs");
    for (const char* arguments :
         {"--device small --random 4,600,64 --no-check", "--device small --random 4,600,64",
          "--device small --random 4,600,64 --num-devices 2"}) {
        // Blocks of 512 bytes in a file: less than the output, more than anything else.
        const Finished f = run_tessera(
            std::string("run ") + arguments + " --out " + (folder / "out") + " --trace-commands 1",
            "trap '' XFSZ; ulimit -f 600; ");
        runs.holds(f.exit_code == 2 && folder.entries() == 0 &&
                       contains(f.err, "out.safetensors: cannot write"),
                   [&] { return std::string(arguments) + ": " + f.err; });
    }
}
