// SPDX-License-Identifier: MIT
// The library as its users meet it: include/tessera/tessera.h, against the command.
#include <fcntl.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "host/io/safetensors.h"
#include "include/tessera/task.h"
#include "tests/support/error_of.h"
#include "tests/support/run_tessera.h"

using namespace tessera;
using test::Compared;
using test::contains;
using test::error_of;
using Json = nlohmann::json;

namespace {

Experiment on_tiny(OperationKind operation = OperationKind::kAttention) {
    Experiment e;
    e.operation = operation;
    e.machine.device = "tiny";
    Experiment::Random& random = e.workload.random;
    if (operation == OperationKind::kGemm) {
        random.rows = 20;
        random.columns = 30;
        random.inner = 40;
    } else {
        random.heads = 2;
        random.tokens = 50;
        random.dimension = 8;
    }
    return e;
}

/// What no two runs have in common, what only a command line has and a name of a field are left
/// out.
Json comparable(const std::string& report) {
    Json json = Json::parse(report);
    for (const char* member : {"host", "command_line", "files", "experiment"}) json.erase(member);
    if (json["derived"].contains("devices")) json["derived"]["devices"].erase("formula");
    return json;
}

/// The same by the command: report and tensors.
void compare_with_command(Compared& compared, const Experiment& experiment,
                          const std::string& command) {
    const test::Scratch folder;
    const auto where = [&] { return command; };
    const Report report = run(experiment);
    const test::Finished f =
        test::run_tessera(command + " --format json --out " + folder.path() + "/out");
    compared.equal(f.exit_code, static_cast<int>(report.verdict), [&] { return command + f.err; });
    compared.equal(comparable(report.json), comparable(f.out), where);
    const host::SafetensorsFile file(folder / "out/out.safetensors");
    compared.equal(report.tensors.size(), file.tensors().size(), where);
    for (const Report::Tensor& tensor : report.tensors) {
        const host::TensorView stored = file.tensor(tensor.name);
        compared.equal(tensor.shape, stored.shape, where);
        std::vector<float> values(tensor.values.size());
        stored.to_float(0, values.size(), values.data());
        uint64_t different = 0;
        for (size_t i = 0; i < values.size(); ++i) different += values[i] != tensor.values[i];
        compared.add(values.size(), different, where);
    }
    compared.equal(report.figure("counters.cycles").value,
                   Json::parse(f.out)["counters"]["cycles"]["value"].get<double>(), where);
    compared.holds(report.errors && report.errors->elements > 0 && report.errors->outside == 0 &&
                       report.errors->max_over_bound <= 1,
                   where);
}

/// While it lives, what goes to stdout and stderr goes to a file.
class Captured {
  public:
    explicit Captured(const std::string& path) : out_(::dup(1)), err_(::dup(2)) {
        const int file = ::open(path.c_str(), O_CREAT | O_WRONLY, 0600);
        ::dup2(file, 1);
        ::dup2(file, 2);
        ::close(file);
    }
    ~Captured() {
        for (const auto& [saved, file] : {std::pair{out_, 1}, std::pair{err_, 2}}) {
            ::dup2(saved, file);
            ::close(saved);
        }
    }
    Captured(const Captured&) = delete;
    Captured& operator=(const Captured&) = delete;

  private:
    int out_, err_;
};

}  // namespace

TEST_CASE("the library and the command run the same") {
    Compared compared("members and elements");
    Experiment e = on_tiny();
    compare_with_command(compared, e, "run --device tiny --random 2,50,8");
    e.workload.mask.kind = MaskKind::kCausal;
    e.workload.lse = true;
    e.machine.devices = 2;
    e.schedule.name = "auto";
    compare_with_command(compared, e,
                         "run --device tiny --random 2,50,8 --mask causal --lse --num-devices 2 "
                         "--schedule auto");
    compare_with_command(compared, on_tiny(OperationKind::kGemm),
                         "gemm --device tiny --random 20,30,40");
    compare_with_command(compared, on_tiny(OperationKind::kLinear),
                         "linear --device tiny --random 2,50,8");
}

TEST_CASE("files are written where the experiment asks for them, and nothing is printed") {
    Compared compared("facts");
    const test::Scratch folder;
    Experiment e = on_tiny();
    e.outputs.folder = folder / "out";
    e.workload.random.key_value_heads = 1;
    Report report;
    {
        const Captured captured(folder / "said");
        report = run(e);
    }
    compared.equal(test::read_text(folder / "said"), std::string());
    compared.equal(Json::parse(test::read_text(folder / "out/report.json")),
                   Json::parse(report.json));
    for (const char* name : {"out/trace.json", "out/out.safetensors"})
        compared.holds(std::filesystem::file_size(folder / name) > 0, [&] { return name; });
    compared.holds(contains(report.text, "mac_utilisation"), [&] { return report.text; });
    e.outputs.timing_only = true;
    e.outputs.folder.clear();
    compared.equal(run(e).tensors.size(), size_t{0});
}

TEST_CASE("a mistake names its field, a run that ends early says why") {
    Compared compared("parts of errors");
    Experiment window = on_tiny();
    window.workload.mask.block = 3;
    const Error block = error_of([&] { run(window); });
    compared.equal(static_cast<int>(block.code()), static_cast<int>(ErrorCode::kUser));
    compared.equal(block.field(), std::string("workload.mask.block"));
    compared.equal(block.value(), std::string("3"));
    compared.equal(block.allowed(), std::string("a power of two"));
    compared.equal(std::string(block.what()),
                   std::string("experiment: workload.mask.block is 3; allowed: a power of two"));

    Experiment gemm = on_tiny(OperationKind::kGemm);
    compared.equal(error_of([&] { predict(gemm); }).field(), std::string("operation"));

    Experiment blackbox = on_tiny();
    blackbox.machine.settings["device.profile"] = "blackbox";
    blackbox.workload.scale = 300;
    blackbox.workload.random.dimension = 16;
    const Error unresolved = error_of([&] { run(blackbox); });
    compared.equal(static_cast<int>(unresolved.code()), static_cast<int>(ErrorCode::kDevice));
    compared.holds(contains(unresolved.what(), "softmax sum"), [&] { return unresolved.what(); });

    Experiment large = on_tiny();
    large.workload.random.tokens = 20000;
    large.outputs.timing_only = true;
    const Error late = error_of([&] { run(large, {}, 1); });
    compared.equal(static_cast<int>(late.code()), static_cast<int>(ErrorCode::kInternal));
    compared.holds(contains(late.what(), "longer than 1 s"), [&] { return late.what(); });

    std::vector<std::string> phases;
    RunHooks hooks;
    hooks.progress = [&](const std::string& phase, double) {
        if (phases.empty() || phases.back() != phase) phases.push_back(phase);
        return phase != "simulating";
    };
    const Error cancelled = error_of([&] { run(large, hooks); });
    compared.equal(static_cast<int>(cancelled.code()), static_cast<int>(ErrorCode::kCancelled));
    compared.equal(phases, std::vector<std::string>{"reading the input", "simulating"});
}

TEST_CASE("a result that is not exact is withheld, and a remark says it") {
    Compared compared("facts");
    Experiment e = on_tiny();
    e.workload.scale = 3e4;
    const Report withheld = run(e);
    compared.equal(static_cast<int>(withheld.verdict),
                   static_cast<int>(Report::Verdict::kNotValid));
    compared.equal(withheld.tensors.size(), size_t{0});
    compared.equal(withheld.remarks.size(), size_t{1});
    for (const char* part :
         {"not exact", "outputs.accept_inexact accepts", "or workload.scale keep"})
        compared.holds(contains(withheld.remarks.at(0), part),
                       [&] { return withheld.remarks.at(0); });
    e.outputs.accept_inexact = true;
    const Report accepted = run(e);
    compared.equal(accepted.tensors.size(), size_t{1});
    compared.holds(!contains(accepted.remarks.at(0), "exit code"),
                   [&] { return accepted.remarks.at(0); });
}

/// Calls are the run's, bytes too but for lines that FENCEs of merging cut, cycles within 3 %.
void compare_with_prediction(Compared& compared, const Experiment& e, const std::string& name) {
    const auto where = [&] { return name; };
    const Prediction foretold = predict(e);
    const Report report = run(e);
    const auto number = [&](const char* path) {
        return static_cast<uint64_t>(report.figure(path).value);
    };
    compared.equal(foretold.calls, number("derived.calls"), where);
    const bool merged = e.machine.settings.count("device.profile") != 0;
    const auto near = [&](uint64_t predicted, const char* path, double most) {
        const double value = report.figure(path).value;
        compared.holds(std::fabs(static_cast<double>(predicted) - value) <= most * value, [&] {
            return name + ": " + path + " " + std::to_string(predicted) + ", the run has " +
                   std::to_string(value);
        });
    };
    near(foretold.bytes, "derived.bytes", merged ? 0.001 : 0);
    near(foretold.cycles, "counters.cycles", 0.03);
}

TEST_CASE("a prediction has the calls and bytes of the run") {
    Compared compared("figures");
    for (const uint64_t tokens : {16, 50, 100})
        for (const MaskKind kind : {MaskKind::kDense, MaskKind::kCausal}) {
            Experiment e = on_tiny();
            e.machine.memory = "ideal";
            e.workload.random.tokens = tokens;
            e.workload.mask.kind = kind;
            compare_with_prediction(compared, e, std::to_string(tokens) + " tokens");
            const Prediction foretold = predict(e);
            compared.equal(foretold.stall_free_cycles,
                           static_cast<uint64_t>(run(e).figure("derived.stall_free_cycles").value));
            compared.equal(foretold.schedule, std::string("query-resident"));
        }
}

TEST_CASE("a prediction of what is not by query tiles alone, or merged by firmware") {
    Compared compared("figures");
    for (const uint64_t tokens : {40, 200, 700}) {
        Experiment e = on_tiny();
        e.machine.memory = "ideal";
        e.workload.random.tokens = tokens;
        const std::string size = " of " + std::to_string(tokens);
        for (const char* cover : {"half", "projective"}) {
            Experiment self = e;
            self.schedule.oracle = Oracle::kSelf;
            self.schedule.cover = cover;
            compare_with_prediction(compared, self, cover + size);
            compared.equal(predict(self).schedule, std::string("cover"));
            self.machine.settings["device.profile"] = "stats";
            compare_with_prediction(compared, self, std::string("stats, ") + cover + size);
        }
        for (const char* profile : {"stats", "blackbox"})
            for (const char* cost : {"0.125", "1"}) {
                Experiment merged = e;
                merged.machine.settings["device.profile"] = profile;
                merged.machine.settings["firmware.merge_cycles_per_element"] = cost;
                compare_with_prediction(compared, merged, std::string(profile) + cost + size);
            }
        for (const char* rule : {"sample", "hybrid"}) {
            Experiment rough = e;
            rough.schedule.approximation.rule = rule;
            rough.schedule.approximation.tiles = 3;
            if (tokens > 40) compare_with_prediction(compared, rough, rule + size);
        }
    }
}

TEST_CASE("library: a task, as the command has it") {
    Compared figures("figures");
    TaskOptions options;
    options.name = "kv";
    options.pairs = 30;
    Experiment experiment;
    experiment.machine.device = "tiny";
    experiment.workload.mask.window = 40;
    const TaskReport report = run_task(options, experiment);
    const test::Finished command =
        test::run_tessera("task kv --pairs 30 --device tiny --window 40 --format json");
    const Json json = Json::parse(command.out);
    for (const Report::Figure& figure : report.figures) {
        if (figure.path == "host.simulation_seconds") continue;
        std::string path = "/" + figure.path + "/value";
        std::replace(path.begin(), path.end(), '.', '/');
        const Json& value = json.at(Json::json_pointer(path));
        const double expected = value.is_null() ? NAN : value.get<double>();
        figures.holds(figure.value == expected || (std::isnan(figure.value) && value.is_null()),
                      [&] { return figure.path; });
    }
    figures.equal(static_cast<double>(report.right), report.figure("answers.right").value);
    figures.equal(report.right, report.expected_right.value_or(0));
    figures.holds(report.right < report.asked, [] { return "a window hides some"; });
    uint64_t right = 0;
    for (size_t p = 30; p < report.tokens.size(); ++p)
        right += report.answers[p] == report.truth[p] ? 1 : 0;
    figures.equal(right, report.right);
    options.size = 3;
    figures.equal(error_of([&] { run_task(options, experiment); }).field(),
                  std::string("task.size"));
}
