// SPDX-License-Identifier: MIT
// `--print-experiment` and `--experiment`: what options say and what a file says is the same.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "host/cli/field_options.h"
#include "host/experiment/fields.h"
#include "tests/support/run_tessera.h"

using namespace tessera;
using test::Compared;
using test::contains;
using test::Finished;
using test::run_tessera;
using Json = nlohmann::json;

namespace {

/// A report, but for what a second run may say otherwise.
Json report_of(const std::string& text) {
    Json report = Json::parse(text);
    for (const char* member : {"host", "command_line", "inputs"}) report.erase(member);
    return report;
}

Json parsed(const std::string& text) { return Json::parse(text, nullptr, false); }

/// COMMAND OPTIONS against `run --experiment` of what it prints, and of what its report holds.
void repeat(Compared& reports, const std::string& command, const std::string& options) {
    const test::Scratch files;
    const std::string job = command + " " + options;
    const auto where = [&] { return job; };
    const Finished printed = run_tessera(job + " --print-experiment");
    const Finished first = run_tessera(job + " --format json");
    reports.equal(printed.exit_code, 0, where);
    reports.equal(printed.err, std::string(), where);
    reports.equal(first.exit_code, 0, [&] { return job + ": " + first.err; });
    if (first.exit_code != 0) return;
    const Json report = report_of(first.out);
    reports.equal(report.at("experiment"), parsed(printed.out), where);
    std::ofstream(files / "printed.json") << printed.out;
    std::ofstream(files / "held.json") << report.at("experiment");
    for (const char* name : {"printed.json", "held.json"}) {
        const std::string file = "run --experiment " + (files / name);
        const Finished again = run_tessera(file + " --format json");
        reports.equal(again.exit_code, first.exit_code, [&] { return job + ": " + again.err; });
        reports.equal(again.err, first.err, where);
        if (again.exit_code == 0) reports.equal(report_of(again.out), report, where);
        reports.equal(run_tessera(file + " --print-experiment").out, printed.out, where);
    }
}

}  // namespace

TEST_CASE("a run is repeated from the experiment that it prints, and that its report holds") {
    Compared reports("properties of repeated runs");
    const std::string data = TESSERA_SOURCE_DIR "/tests/data/use-lite-layer0-2x1024.safetensors";
    for (const char* options :
         {"--random 2,70,16", "--random 2,70,16 --seed 7 --mask causal --window 20 --sinks 3 --lse",
          "--random 4,9,16 --kv-heads 2 --keys 50 --dim-v 8 --stack-heads --align start",
          "--random 1,200,16 --mask sparse --schedule auto --scale 0.3 --output-format bf16",
          "--random 2,40,16 --key-lengths 10,40 --query-lengths 40,3 --padding left --mask causal",
          "--random 1,60,16 --cu-seqlens-q 0,20,60 --sink-logits random --mask causal",
          "--random 1,64,16 --documents 0,7,30 --slots 2x3 --no-check",
          "--random 1,64,16 --oracle self --cover half --timing-only",
          "--random 1,160,16 --approximate hybrid --tiles 3 --approximate-seed 5 --tolerance 0.5 "
          "--accept-approximation",
          "--random 2,64,16 --num-devices 2 --memory ddr4-2400r --set device.LANES=2 --set "
          "firmware.plan_cycles=3"}) {
        repeat(reports, "run", std::string("--device tiny ") + options);
    }
    repeat(reports, "run", "--device base --input " + data + " --timing-only --layout bhtd");
    repeat(reports, "gemm", "--device tiny --random 20,30,40 --seed 3 --output-format bf16");
    repeat(reports, "linear", "--device tiny --random 2,50,8 --kv-heads 1 --mask dense --check");
}

TEST_CASE("a report names the files that it was made from, by their SHA-256") {
    const test::Scratch files;
    const std::string device = files / "device.json", experiment = files / "experiment.json";
    std::filesystem::copy_file(TESSERA_SOURCE_DIR "/configs/devices/tiny.json", device);
    std::ofstream(experiment) << R"({"machine": {"device": ")" << device
                              << R"("}, "workload": {"random": {"tokens": 40, "dimension": 16}}})";
    const Json report = parsed(run_tessera("run --format json --experiment " + experiment).out);
    Compared inputs("inputs");
    inputs.equal(report.at("inputs").size(), size_t{2});
    for (const std::string& file : {device, experiment}) {
        const Json& input = report.at("inputs").at(file);
        inputs.equal(input.at("bytes").get<uint64_t>(), std::filesystem::file_size(file));
        const std::string digest = input.at("sha256");
        const std::string line = digest + "  " + file;
        std::ofstream(files / "sums") << line << '\n';
        inputs.equal(std::system(("sha256sum --quiet -c " + (files / "sums")).c_str()), 0,
                     [&] { return line; });
    }
}

TEST_CASE("files and lists of a command line are in its experiment") {
    Compared values("values");
    const test::Scratch files;
    std::ofstream(files / "list") << "10, 40\n";
    const Finished f = run_tessera("run --random 2,40,16 --key-lengths @" + (files / "list") +
                                   " --out " + (files / "out") + " --print-experiment");
    const Json experiment = parsed(f.out);
    values.equal(f.exit_code, 0, [&] { return f.err; });
    values.equal(experiment["workload"]["batch"]["key_lengths"], Json({10, 40}));
    values.equal(experiment["outputs"]["folder"], Json(files / "out"));
    values.equal(experiment["operation"], Json("attention"));
    values.holds(!std::filesystem::exists(files / "out"), [] { return "it ran"; });
}

TEST_CASE("every field has an option, but for what other options imply") {
    Compared names("names of fields");
    const std::string help = run_tessera("run --help").out + run_tessera("gemm --help").out;
    for (const host::ExperimentField& field : host::experiment_fields()) {
        const std::string option = host::with_options("`" + field.path + "`");
        const std::string word = option.substr(0, option.find(' '));
        const bool implied = field.path == "operation" || field.path == "workload.source";
        names.equal(option == "`" + field.path + "`", implied, [&] { return field.path; });
        names.holds(implied || contains(help, word), [&] { return option; });
    }
}

TEST_CASE("a bad experiment: exit code 2, and one message with file and field") {
    Compared messages("messages");
    const test::Scratch files;
    const std::string file = files / "x.json";
    const auto refused = [&](const std::string& text, const std::string& message) {
        std::ofstream(file) << text;
        const Finished f = run_tessera("run --experiment " + file);
        messages.equal(f.exit_code, 2, [&] { return text; });
        messages.equal(f.err, "tessera: " + file + ": " + message + "\n", [&] { return text; });
        messages.equal(f.out, std::string(), [&] { return text; });
    };
    const std::string tiny = R"({"machine": {"device": "tiny"}, "workload": {"random": )"
                             R"({"tokens": 40, "dimension": 16}, )";
    refused("{",
            "is not valid JSON: parse error at line 1, column 2: syntax error while parsing "
            "object key - unexpected end of input; expected string literal");
    refused(R"({"workload": {"mask": {"window": -1}}})",
            "workload.mask.window is -1; allowed: a whole number, 0 to 2147483648");
    refused(R"({"operation": "gemm", "workload": {"mask": {"window": 5}}})",
            "workload.mask.window is 5; allowed: 0; others only with operation attention");
    refused(R"({"workload": {"file": "x.safetensors"}})",
            "workload.file is \"x.safetensors\"; allowed: \"\"; others only with workload.source "
            "file and operation attention, linear");
    refused(R"({"workload": {"source": "file"}})",
            "workload.file is missing; allowed: the name of a file");
    refused(R"({"operation": "linear", "workload": {"mask": {"kind": "sparse"}}})",
            "workload.mask.kind is sparse; allowed: causal, dense with linear");
    refused(R"({"outputs": {"timing_only": true, "check": true}})",
            "outputs.timing_only computes no result; outputs.check is not possible");
    refused(
        R"({"schedule": {"name": "x"}})",
        "schedule.name is x; allowed: query-resident, kv-resident, paired, strided, listed, auto");
    refused(tiny + R"("mask": {"block": 3}}})",
            "workload.mask.block is 3; allowed: a power of two");
    refused(R"({"machine": {"settings": {"device.M": 3.5}}})",
            "machine.settings: device.M is 3.5; allowed: an integer; M must be 1 to 1024");
    refused(R"({"machine": {"device": ""}})",
            "machine.device: device is \"\"; allowed: base, blackbox-128, blackbox-64, mla, small, "
            "tiny, "
            "wide, or the path of a .json file");
    refused(R"({"machine": {"device": "none.json"}})",
            "machine.device: none.json: cannot open for reading: No such file or directory");
    refused(tiny + R"("scale": 1e300}})",
            "workload.scale is 1e+300; scale * log2(e) must be finite in fp32");
    refused(tiny + R"("mask": {"kind": "causal"}}, "outputs": {"folder": "/proc/none"}})",
            "outputs.folder /proc/none: cannot create the folder /proc/none: No such file or "
            "directory");
    refused(R"({"workload": {"source": "file", "file": "none.safetensors"}})",
            "workload.file: none.safetensors: cannot open for reading: No such file or directory");
    const Finished f = run_tessera("run --experiment " + file + " --device tiny");
    messages.equal(f.exit_code, 2);
    messages.holds(contains(f.err, "--device excludes --experiment"), [&] { return f.err; });
    for (const char* option : {"--seed", "--kv-heads", "--tolerance"})  // these need another one
        test::expect_refusal(messages, "run --experiment " + file + " " + option + " 1",
                             option + std::string(" excludes --experiment"));
    const Finished none = run_tessera("run --experiment " + (files / "none.json"));
    messages.equal(none.exit_code, 2);
    messages.holds(contains(none.err, "none.json: cannot open"), [&] { return none.err; });
}

TEST_CASE("a name that JSON cannot hold is refused before anything is done") {
    Compared messages("messages");
    for (const char* options : {"--input", "--random 1,20,8 --device", "--random 1,20,8 --out"})
        for (const char* print : {"", " --print-experiment"})
            test::expect_refusal(messages,
                                 std::string("run ") + options + " $(printf '\\377.json')" + print,
                                 " is \"\\xff.json\"; allowed: a text in UTF-8");
}

TEST_CASE("an experiment's file is not written over") {
    Compared messages("messages");
    const test::Scratch files;
    const std::string file = files / "report.json";
    std::ofstream(file) << Json{{"machine", {{"device", "tiny"}}},
                                {"workload", {{"random", {{"tokens", 40}, {"dimension", 16}}}}},
                                {"outputs", {{"folder", files / ""}}}};
    const std::string before = test::read_text(file);
    const Finished f = run_tessera("run --experiment " + file);
    messages.equal(f.exit_code, 2);
    messages.holds(
        contains(f.err, "outputs.folder is " + file + "; allowed: a file that is not an input"),
        [&] { return f.err; });
    messages.equal(test::read_text(file), before);
}
