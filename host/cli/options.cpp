// SPDX-License-Identifier: MIT
#include "host/cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "host/cli/commands.h"
#include "host/cli/field_options.h"
#include "host/cli/option_checks.h"
#include "host/cli/option_values.h"
#include "host/cli/report_format.h"
#include "host/cli/terminal.h"
#include "host/error.h"
#include "host/experiment/check.h"
#include "host/experiment/experiment_json.h"
#include "host/io/nearest_name.h"
#include "host/report/document_json.h"
#include "host/version.h"

namespace tessera::host {
namespace {

constexpr const char* kProgramText =
    "Exact attention over long contexts on a simulated accelerator that can attend to "
    "only M tokens at a time.";

constexpr const char* kFirstCommands = R"(tessera: exact attention on a simulated accelerator

  tessera run --random 4,1024,64 --mask causal --out result
      one attention, with its error, cycles and traffic; result/report.html shows it
  tessera compare --random 1,1024,64 --mask causal
      the same problem by every schedule
  tessera explain KEY
      what a figure, a counter, a key or an exit code means

tessera --help lists all commands.
)";

constexpr const char* kMainExamples = R"(Examples:
  tessera run --random 4,1024,64 --mask causal
  tessera run --help
  tessera devices)";

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

/// To a command and those below it: how much it says on stderr.
void add_verbosity_options(CLI::App& command) {
    const char* group = "Messages";
    const auto set = [](Verbosity wanted) { return [wanted] { verbosity() = wanted; }; };
    CLI::Option* const quiet = command.add_flag_callback("--quiet", set(Verbosity::kQuiet),
                                                         "no notes and no progress on stderr");
    command
        .add_flag_callback("--verbose", set(Verbosity::kVerbose),
                           "also each phase with its time, and what was decided and why")
        ->excludes(quiet)
        ->group(group);
    quiet->group(group);
    for (CLI::App* below : command.get_subcommands([](const CLI::App*) { return true; }))
        add_verbosity_options(*below);
}

/// The text of a mistake, with the option that may have been meant.
std::string text_of(const CLI::ParseError& error, const CLI::App& app) {
    std::string text = error.what();
    const auto parsed = app.get_subcommands();
    if (parsed.empty()) return text;
    const CLI::App* const command = operation_of(parsed.front());
    std::vector<std::string> names;
    for (const CLI::Option* option : command->get_options())
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& unknown : app.remaining(true)) {
        const std::string near = nearest_name(unknown.substr(0, unknown.find('=')), names);
        if (!near.empty()) return text + "; did you mean " + near + "?";
    }
    return text;
}

/// Adds all commands; returns the one that the first argument names, with its options. UserError
/// if that is none.
const Command* add_commands(CLI::App& app, CommandLine& line,
                            const std::vector<std::string>& arguments) {
    const std::string first = arguments.empty() ? "" : arguments.front();
    const Command* called = nullptr;
    std::string names;
    for (const Command& command : commands()) {
        CLI::App* const below = app.add_subcommand(command.name, command.text);
        names += (names.empty() ? "" : ", ") + below->get_name();
        if (first != command.name) continue;
        called = &command;
        command.add_options(*below, line);
        add_verbosity_options(*below);
    }
    refuse_flag_values(app);
    if (called == nullptr && !first.empty() && first.front() != '-')
        throw bad_value("command line", "command", first, names);
    return called;
}

/// What the options of a command mean together.
void understand(const CLI::App& command, CommandName name, CommandLine& line) {
    line.command = name;
    if (name == CommandName::kHeads) line.model.device_given = given(command, {"--device"});
    if (name == CommandName::kEmbed && !given(command, {"--device"}))
        line.experiment.machine.device = "wide";
    if (name == CommandName::kVerify && command.got_subcommand("model"))
        line.command = CommandName::kVerifyModel;
    else if (name <= CommandName::kLinear && !line.verify.count)
        check_command_line(*operation_of(&command), line);
}

void describe(CLI::App& app) {
    app.footer(kMainExamples);
    app.set_version_flag("--version", fmt::format("tessera {} ({}{})", kVersion, kGitHash,
                                                  kGitDirty ? ", modified" : ""));
    app.require_subcommand(1);
}

}  // namespace

void with_all_commands(const std::function<void(const CLI::App& app)>& use) {
    CommandLine line;
    CLI::App app(kProgramText, "tessera");
    describe(app);
    for (const Command& command : commands()) {
        CLI::App* const below = app.add_subcommand(command.name, command.text);
        command.add_options(*below, line);
        add_verbosity_options(*below);
    }
    use(app);
}

CommandLine parse_command_line(std::vector<std::string> arguments) {
    CommandLine line;
    if (arguments.empty()) {
        line.text = kFirstCommands;
        return line;
    }
    CLI::App app(kProgramText, "tessera");
    describe(app);
    const Command* const called = add_commands(app, line, arguments);
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
            fmt::format("command line: {}; see tessera {}--help", text_of(error, app), command));
    }
    if (called != nullptr) understand(*app.get_subcommand(called->name), called->command, line);
    if (line.print_experiment) {
        line.command = CommandName::kNone;
        line.text = dumped(experiment_json(line.experiment), 2) + "\n";
    }
    return line;
}

}  // namespace tessera::host
