// SPDX-License-Identifier: MIT
#include "host/cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "host/cli/approximation_options.h"
#include "host/cli/batch_options.h"
#include "host/cli/compare_options.h"
#include "host/cli/field_options.h"
#include "host/cli/input_options.h"
#include "host/cli/mask_options.h"
#include "host/cli/model_options.h"
#include "host/cli/operation_options.h"
#include "host/cli/option_checks.h"
#include "host/cli/option_values.h"
#include "host/cli/report_format.h"
#include "host/cli/run_options.h"
#include "host/error.h"
#include "host/experiment/check.h"
#include "host/experiment/experiment_json.h"
#include "host/report/document_json.h"
#include "host/version.h"

namespace tessera::host {
namespace {

constexpr const char* kRunExamples = R"(Examples:
  tessera run --device base --input x.safetensors
      attention of the tensors q, k, v on the reference machine, checked against double precision
  tessera run --random 4,1024,64 --mask causal --out result
      random tensors; result/ gets report.json, out.safetensors and trace.json
  tessera run --random 8,512,64 --kv-heads 2 --lse --format json
      grouped-query attention, log-sum-exp too, the report as JSON on stdout
  tessera run --random 1,131072,64 --mask causal --timing-only
      cycles and traffic only, which needs little host memory
  tessera run --random 1,4096,64 --set device.LANES=8 --set memory.read_latency_cycles=200
      another machine; docs/use/configuration.md lists the keys
  tessera run --random 8,1,64 --kv-heads 1 --stack-heads --key-lengths 100,2000,3000
      one decoding step of a batch: one token a sequence, against caches of these lengths
  tessera run --random 1,4096,64 --approximate hybrid --tiles 8
      some tiles only; an audit of 256 rows says whether that was good enough
Exit codes: 0 good, 1 the check failed, 2 user error, 3 result not valid for this input (not exact, or
a bad approximation), 4 device error, or rows whose softmax sum could not be recovered on a black-box
device)";

constexpr const char* kMainExamples = R"(Examples:
  tessera run --random 4,1024,64 --mask causal
  tessera run --help
  tessera devices)";

constexpr const char* kVerifyExamples = R"(Examples:
  tessera verify --device tiny --count 1000 --seed 1
      random jobs with seeds 1, 2, ...: command sequences, attention through the firmware, errors
  tessera verify --device tiny --random 2,64,16 --mask causal
      this job on reference, model and RTL
  tessera verify --device small --input x.safetensors
  tessera verify --device tiny --random 1,100,16 --approximate hybrid --tiles 3
      the jobs of an approximate schedule, and the exact rows of its audit
  tessera verify gemm --device tiny --random 40,50,60
      one gemm; likewise verify linear: linear attention
  tessera verify model moonshine-tiny --device small --layers 2
      a whole model on random inputs, its repeated layers twice
  tessera verify --device tiny --count 100 --oracle self
      random jobs by covers; with --random 2,64,16 --oracle self --cover half, one of your own
Compares outputs, the start and retire cycle of every command, and every lane group, counter and
register access. Shows the first divergence with the events of both sides around it.
Exit codes: 0 no difference, 1 a difference, 2 user error, 3 no difference, but the result is known
not to be exact)";

/// `tessera verify gemm`, `verify linear` and `verify model`: a single job. What chooses the
/// machine may stand in front of the name, too.
void add_verified_operations(CLI::App& verify, CommandLine& line) {
    const auto add = [&](CLI::App* operation) {
        operation->footer(
            "Compares model and RTL as tessera verify does, and the result with double precision.");
        add_accept_option(*operation, line.experiment.outputs);
        add_machine_options(*operation, line.experiment.machine);
        for (CLI::Option* option : verify.get_options()) {
            const std::string given = option->get_name();
            if (given != "--device" && given != "--memory" && given != "--set" && given != "--help")
                operation->excludes(option);
        }
    };
    CLI::App* gemm = verify.add_subcommand("gemm", "Verify a gemm, the product of two matrices");
    add_gemm_options(*gemm, line.experiment.workload);
    add(gemm);
    CLI::App* linear = verify.add_subcommand("linear", "Verify linear attention");
    add_input_options(*linear, line.experiment.workload, false);
    add_linear_options(*linear, line.experiment.workload.mask);
    add(linear);
    CLI::App* model = verify.add_subcommand("model", "Verify a whole model on random inputs");
    add_verified_model_options(*model, line);
    add(model);
}

/// What `run` and `verify` have in common of attention.
void add_attention_options(CLI::App& run, CommandLine& line, bool verify) {
    Experiment& experiment = line.experiment;
    add_input_options(run, experiment.workload, verify);
    add_problem_options(run, line);
    add_self_oracle_options(run, experiment.schedule);
    add_machine_options(run, experiment.machine);
    add_devices_option(run, experiment.machine);
}

/// What `gemm` and `linear` have in common.
void add_operation_options(CLI::App& operation, CommandLine& line) {
    add_machine_options(operation, line.experiment.machine);
    add_report_options(operation, line, kOperationFiles, kOperationCheckLimit);
    add_print_option(operation, line);
}

/// `--lse=5` is refused, in this command and those below it: CLI11 takes it for `--lse`.
void refuse_flag_values(CLI::App& command) {
    for (CLI::Option* option : command.get_options()) {
        if (option->get_items_expected_max() != 0) continue;
        option->check([](const std::string& text) {
            return std::string(text == "true" ? "" : "takes no value");
        });
    }
    for (CLI::App* below : command.get_subcommands([](const CLI::App*) { return true; }))
        refuse_flag_values(*below);
}

/// The first word must be a command.
void check_command(const CLI::App& app, const std::vector<std::string>& arguments) {
    if (arguments.empty() || arguments.front().rfind('-', 0) == 0) return;
    std::string names;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        if (command->get_name() == arguments.front()) return;
        names += (names.empty() ? "" : ", ") + command->get_name();
    }
    throw bad_value("command line", "command", arguments.front(), names);
}

/// Is one of these options given?
bool given(const CLI::App& command, std::initializer_list<const char*> options) {
    return std::any_of(options.begin(), options.end(), [&](const char* option) {
        return command.get_option(option)->count() != 0;
    });
}

/// UserError unless exactly one kind of input is given, and all its `files`.
void check_inputs(const CLI::App& command, int sources, std::initializer_list<const char*> files,
                  const char* allowed, const char* together) {
    if (sources == 0) throw bad_value("command line", "input", "missing", allowed);
    if (sources > 1) throw bad_value("command line", "input", "given more than once", allowed);
    if (!given(command, files)) return;
    for (const char* file : files)
        if (!given(command, {file})) throw bad_value("command line", file, "missing", together);
}

void check_tensors(const CLI::App& command) {
    const bool files = given(command, {"--q", "--k", "--v"});
    check_inputs(command, given(command, {"--input"}) + files + given(command, {"--random"}),
                 {"--q", "--k", "--v"},
                 "exactly one of --input FILE, --q FILE --k FILE --v FILE, "
                 "--random HEADS,TOKENS,DIM",
                 "--q, --k and --v together");
}

void check_matrices(const CLI::App& command) {
    const bool files = given(command, {"--a", "--b"});
    check_inputs(command, files + given(command, {"--random"}), {"--a", "--b"},
                 "exactly one of --a FILE --b FILE, --random M,N,K", "--a and --b together");
}

/// The experiment of --experiment, whose messages name its fields.
void read_experiment_of(CommandLine& line) {
    name_fields_of(line.experiment_file);
    line.experiment = read_experiment_file(line.experiment_file);
    check_experiment(line.experiment);
    line.sources.push_back(line.experiment_file);
    constexpr CommandName kCommands[] = {CommandName::kRun, CommandName::kGemm,
                                         CommandName::kLinear};
    line.command = kCommands[static_cast<size_t>(line.experiment.operation)];
}

/// The command that has the inputs: `gemm` of `verify gemm`.
const CLI::App* operation_of(const CLI::App* command) {
    const auto below = command->get_subcommands();
    return below.empty() ? command : below.front();
}

/// What the parser does not see: inputs, and options that do not go together.
void check_command_line(const CLI::App& command, CommandLine& line) {
    Experiment& experiment = line.experiment;
    if (command.get_name() == "gemm") experiment.operation = OperationKind::kGemm;
    if (command.get_name() == "linear") experiment.operation = OperationKind::kLinear;
    report_format(line.format);
    if (!line.experiment_file.empty()) return read_experiment_of(line);
    if (experiment.operation == OperationKind::kGemm)
        check_matrices(command);
    else
        check_tensors(command);
    check_texts(experiment);
    check_outputs(experiment);
}

}  // namespace

CommandLine parse_command_line(std::vector<std::string> arguments) {
    CommandLine line;
    Experiment& experiment = line.experiment;
    CLI::App app(
        "Exact attention over long contexts on a simulated accelerator that can attend to "
        "only M tokens at a time.",
        "tessera");
    app.footer(kMainExamples);
    app.set_version_flag("--version", fmt::format("tessera {} ({}{})", kVersion, kGitHash,
                                                  kGitDirty ? ", modified" : ""));
    app.require_subcommand(1);
    CLI::App* run = app.add_subcommand("run", "Run attention and report result, time and traffic");
    run->footer(kRunExamples);
    add_attention_options(*run, line, false);
    add_approximation_options(*run, experiment.schedule.approximation);
    add_verdict_options(*run, experiment);
    add_implementation_options(*run, experiment);
    add_output_options(*run, line);
    add_print_option(*run, line);
    add_experiment_option(*run, line);
    CLI::App* verify = app.add_subcommand(
        "verify", "Compare double-precision reference, model and RTL, bit by bit, cycle by cycle");
    verify->footer(kVerifyExamples);
    add_attention_options(*verify, line, true);
    add_approximation_options(*verify, experiment.schedule.approximation);
    add_accept_option(*verify, experiment.outputs);
    add_verify_options(*verify, line.verify);
    add_verified_operations(*verify, line);
    CLI::App* compare = app.add_subcommand(
        "compare", "Run one problem with many schedules, profiles and masks, and list the results");
    add_input_options(*compare, experiment.workload, false);
    add_mask_options(*compare, experiment.workload.mask);
    add_batch_options(*compare, line);
    add_sentinel_offset_option(*compare, experiment.schedule);
    add_result_options(*compare, experiment.workload);
    add_machine_options(*compare, experiment.machine);
    add_devices_option(*compare, experiment.machine);
    add_check_options(*compare, experiment.outputs);
    add_compare_options(*compare, line.compare);
    CLI::App* gemm = app.add_subcommand("gemm", "Multiply two matrices on the device");
    add_gemm_options(*gemm, experiment.workload);
    add_operation_options(*gemm, line);
    CLI::App* linear = app.add_subcommand("linear", "Run linear attention on the device");
    add_input_options(*linear, experiment.workload, false);
    add_linear_options(*linear, experiment.workload.mask);
    add_operation_options(*linear, line);
    CLI::App* transcribe =
        app.add_subcommand("transcribe", "Speech to text by a whole transformer on the device");
    CLI::App* embed =
        app.add_subcommand("embed", "Embeddings of texts by a whole transformer on the device");
    add_model_options(*transcribe, *embed, line);
    const std::pair<CLI::App*, CommandName> commands[] = {
        {run, CommandName::kRun},
        {verify, CommandName::kVerify},
        {compare, CommandName::kCompare},
        {gemm, CommandName::kGemm},
        {linear, CommandName::kLinear},
        {transcribe, CommandName::kTranscribe},
        {embed, CommandName::kEmbed},
        {app.add_subcommand("devices", "List the device presets"), CommandName::kDevices},
        {app.add_subcommand("schedules", "List the schedules"), CommandName::kSchedules},
        {app.add_subcommand("covers", "List the covers of a self oracle and the calls each takes"),
         CommandName::kCovers},
        {app.add_subcommand("memories", "List the memory presets"), CommandName::kMemories}};
    refuse_flag_values(app);
    check_command(app, arguments);
    try {
        std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants a vector
        app.parse(arguments);
    } catch (const CLI::Success& success) {  // --help, --version
        std::ostringstream text, unused;
        app.exit(success, text, unused);
        line.text = text.str();
        return line;
    } catch (const CLI::ParseError& error) {
        std::string command;
        for (const CLI::App* parsed : app.get_subcommands()) command = parsed->get_name() + " ";
        throw UserError(
            fmt::format("command line: {}; see tessera {}--help", error.what(), command));
    }
    for (const auto& [command, name] : commands) {
        if (!command->parsed()) continue;
        line.command = name;
        if (command == embed && !given(*embed, {"--device"})) experiment.machine.device = "wide";
        if (command == verify && verify->got_subcommand("model"))
            line.command = CommandName::kVerifyModel;
        else if (name <= CommandName::kLinear && !line.verify.count)
            check_command_line(*operation_of(command), line);
    }
    if (line.print_experiment) {
        line.command = CommandName::kNone;
        line.text = dumped(experiment_json(experiment), 2) + "\n";
    }
    return line;
}

}  // namespace tessera::host
