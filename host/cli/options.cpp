// SPDX-License-Identifier: MIT
#include "host/cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>
#include <string_view>

#include "host/cli/approximation_options.h"
#include "host/cli/batch_options.h"
#include "host/cli/compare_options.h"
#include "host/cli/mask_options.h"
#include "host/cli/operation_options.h"
#include "host/cli/option_checks.h"
#include "host/cli/option_values.h"
#include "host/cli/run_options.h"
#include "host/error.h"
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
  tessera verify --device tiny --count 100 --oracle self
      random jobs by covers; with --random 2,64,16 --oracle self --cover half, one of your own
Compares outputs, the start and retire cycle of every command, and every lane group, counter and
register access. Shows the first divergence with the events of both sides around it.
Exit codes: 0 no difference, 1 a difference, 2 user error, 3 no difference, but the result is known
not to be exact)";

/// `tessera verify gemm` and `verify linear`: a single job. What chooses the machine may stand in
/// front of the name, too.
void add_verified_operations(CLI::App& verify, CommandLine& line) {
    const auto add = [&](CommandName name, CLI::App* operation) {
        operation->footer(
            "Compares model and RTL as tessera verify does, and the result with double precision.");
        add_accept_option(*operation, line.run);
        operation->parse_complete_callback([&line, name] { line.verify.operation = name; });
        add_machine_options(*operation, line.run);
        for (CLI::Option* option : verify.get_options()) {
            const std::string given = option->get_name();
            if (given != "--device" && given != "--memory" && given != "--set" && given != "--help")
                operation->excludes(option);
        }
    };
    CLI::App* gemm = verify.add_subcommand("gemm", "Verify a gemm, the product of two matrices");
    add_gemm_options(*gemm, line.run);
    add(CommandName::kGemm, gemm);
    CLI::App* linear = verify.add_subcommand("linear", "Verify linear attention");
    add_input_options(*linear, line.run, false);
    add_linear_options(*linear, line.run);
    add(CommandName::kLinear, linear);
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

/// The kind of cover, if there is to be one.
std::optional<CoverKind> cover_of_options(const RunOptions& o) {
    const bool self = choose<bool>("--oracle", o.oracle, {{"query-key", false}, {"self", true}});
    if (!self && !o.cover.empty()) throw UserError("command line: --cover needs --oracle self");
    if (!self) return std::nullopt;
    if (!o.schedule.empty())
        throw bad_value("command line", "--schedule", printable(o.schedule),
                        "none with --oracle self, where the cover is the schedule");
    if (!o.sentinel.empty() || o.sentinel_offset)
        throw UserError(
            "command line: --sentinel and --sentinel-offset are not available with --oracle self");
    std::vector<std::pair<std::string, CoverKind>> kinds;
    for (const CoverKindInfo& info : cover_kinds()) kinds.emplace_back(info.name, info.kind);
    return choose("--cover", o.cover.empty() ? "auto" : o.cover, kinds);
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

void check_inputs(const RunOptions& o) {
    const int npy = !o.q.empty() + !o.k.empty() + !o.v.empty();
    const int sources = !o.input.empty() + (npy != 0) + !o.random.empty();
    const char* allowed =
        "exactly one of --input FILE, --q FILE --k FILE --v FILE, "
        "--random HEADS,TOKENS,DIM";
    if (sources == 0) throw bad_value("command line", "input", "missing", allowed);
    if (sources > 1) throw bad_value("command line", "input", "given more than once", allowed);
    if (npy != 0 && npy != 3)
        throw bad_value("command line",
                        o.q.empty()   ? "--q"
                        : o.k.empty() ? "--k"
                                      : "--v",
                        "missing", "--q, --k and --v together");
}

void check_checks(const RunOptions& o) {
    if (o.timing_only && o.check.value_or(false))
        throw UserError("command line: --timing-only computes no result; --check is not possible");
    if (o.timing_only && o.accept_inexact)
        throw UserError(
            "command line: --timing-only computes no result; --accept-inexact is not possible");
}

void check_report(const RunOptions& o) {
    choose<int>("--format", o.format, {{"table", 0}, {"json", 1}});
    check_checks(o);
}

void check_combinations(const RunOptions& o) {
    choose<int>("--impl", o.impl, {{"model", 0}, {"rtl", 1}});
    if (o.impl == "rtl" && o.timing_only)
        throw UserError(
            "command line: --timing-only is not possible with --impl rtl, which always "
            "computes");
    if (o.impl != "rtl" && !o.wave.empty())
        throw UserError("command line: --wave needs --impl rtl; the model's trace is in --out");
    check_report(o);
    if (!o.slots.empty() && o.oracle == "self")
        throw UserError(
            "command line: --slots is not available with --oracle self; it counts calls of "
            "--oracle query-key");
    if (o.trace_commands && o.out.empty())
        throw UserError("command line: --trace-commands needs --out, where trace.json goes");
}

}  // namespace

CommandLine parse_command_line(std::vector<std::string> arguments) {
    CommandLine line;
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
    add_input_options(*run, line.run, false);
    add_problem_options(*run, line.run);
    add_self_oracle_options(*run, line.run);
    add_approximation_options(*run, line.run);
    add_verdict_options(*run, line.run);
    add_machine_options(*run, line.run);
    add_devices_option(*run, line.run);
    add_implementation_options(*run, line.run);
    add_output_options(*run, line.run);
    CLI::App* verify = app.add_subcommand(
        "verify", "Compare double-precision reference, model and RTL, bit by bit, cycle by cycle");
    verify->footer(kVerifyExamples);
    add_input_options(*verify, line.run, true);
    add_problem_options(*verify, line.run);
    add_self_oracle_options(*verify, line.run);
    add_machine_options(*verify, line.run);
    add_devices_option(*verify, line.run);
    add_approximation_options(*verify, line.run);
    add_accept_option(*verify, line.run);
    add_verify_options(*verify, line.verify);
    add_verified_operations(*verify, line);
    CLI::App* compare = app.add_subcommand(
        "compare", "Run one problem with many schedules, profiles and masks, and list the results");
    add_input_options(*compare, line.run, false);
    add_mask_options(*compare, line.run);
    add_batch_options(*compare, line.run);
    add_sentinel_offset_option(*compare, line.run);
    add_result_options(*compare, line.run);
    add_machine_options(*compare, line.run);
    add_devices_option(*compare, line.run);
    add_check_options(*compare, line.run);
    add_compare_options(*compare, line.compare);
    CLI::App* gemm = app.add_subcommand("gemm", "Multiply two matrices on the device");
    add_gemm_options(*gemm, line.run);
    add_machine_options(*gemm, line.run);
    add_report_options(*gemm, line.run, kOperationFiles, kOperationCheckLimit);
    CLI::App* linear = app.add_subcommand("linear", "Run linear attention on the device");
    add_input_options(*linear, line.run, false);
    add_linear_options(*linear, line.run);
    add_machine_options(*linear, line.run);
    add_report_options(*linear, line.run, kOperationFiles, kOperationCheckLimit);
    const std::pair<CLI::App*, CommandName> commands[] = {
        {run, CommandName::kRun},
        {verify, CommandName::kVerify},
        {compare, CommandName::kCompare},
        {gemm, CommandName::kGemm},
        {linear, CommandName::kLinear},
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
    for (const auto& [command, name] : commands)
        if (command->parsed()) line.command = name;
    if (line.command == CommandName::kRun) {
        check_inputs(line.run);
        check_combinations(line.run);
    }
    if (line.command == CommandName::kCompare) {
        check_inputs(line.run);
        check_checks(line.run);
    }
    if (line.command == CommandName::kGemm) {
        check_gemm_inputs(line.run);
        check_report(line.run);
    }
    if (line.command == CommandName::kLinear) {
        check_inputs(line.run);
        check_report(line.run);
    }
    if (line.command == CommandName::kVerify && !line.verify.count) {
        if (line.verify.operation == CommandName::kGemm)
            check_gemm_inputs(line.run);
        else
            check_inputs(line.run);
    }
    return line;
}

Problem problem_of(const RunOptions& o) {
    Problem p;
    p.mask = mask_of(o);
    p.stacked = o.stack_heads;
    set_lengths(o, p);
    std::vector<std::pair<std::string, fw::ScheduleId>> names;
    for (const ScheduleInfo& info : schedules()) names.emplace_back(info.name, info.id);
    names.emplace_back(kAutoSchedule, p.schedule);  // until it is chosen
    if (!o.schedule.empty()) p.schedule = choose("--schedule", o.schedule, names);
    p.cover = cover_of_options(o);
    p.approximation = approximation_of(o);
    p.bf16_output =
        choose<bool>("--output-format", o.output_format, {{"fp32", false}, {"bf16", true}});
    if (o.scale) p.scale = *o.scale;
    p.want_lse = o.lse;
    p.sink_logits = !o.sink_logits.empty();
    return p;
}

SentinelWish sentinel_wish(const RunOptions& o) {
    using Form = std::optional<fw::SentinelForm>;
    constexpr int64_t kMaxOffset = 32767;  // scores are clamped there
    SentinelWish wish;
    wish.form = choose<Form>("--sentinel", o.sentinel.empty() ? "auto" : o.sentinel,
                             {{"auto", std::nullopt},
                              {"columns", fw::SentinelForm::kColumns},
                              {"split", fw::SentinelForm::kSplit},
                              {"two-call", fw::SentinelForm::kTwoCalls}});
    if (!o.sentinel_offset) return wish;
    if (*o.sentinel_offset < -kMaxOffset || *o.sentinel_offset > kMaxOffset)
        throw bad_value("command line", "--sentinel-offset", std::to_string(*o.sentinel_offset),
                        fmt::format("-{} to {}", kMaxOffset, kMaxOffset));
    wish.offset = static_cast<int32_t>(*o.sentinel_offset);
    return wish;
}

}  // namespace tessera::host
