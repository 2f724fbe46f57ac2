// SPDX-License-Identifier: MIT
#include "host/cli/commands.h"

#include "host/cli/approximation_options.h"
#include "host/cli/batch_options.h"
#include "host/cli/compare_options.h"
#include "host/cli/diff_command.h"
#include "host/cli/input_options.h"
#include "host/cli/mask_options.h"
#include "host/cli/model_options.h"
#include "host/cli/operation_options.h"
#include "host/cli/report_command.h"
#include "host/cli/run_options.h"
#include "host/cli/sweep_command.h"
#include "host/cli/task_command.h"

namespace tessera::host {
namespace {

constexpr const char* kRunExamples = R"(Examples:
  tessera run --device base --input x.safetensors
      attention of the tensors q, k, v on the reference machine, checked against double precision
  tessera run --random 4,1024,64 --mask causal --out result
      random tensors; result/ gets report.html, report.json, out.safetensors and trace.json
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
    const auto add = [&](CLI::App* operation, const SettingTaker& other = {}) {
        operation->footer(
            "Compares model and RTL as tessera verify does, and the result with double precision.");
        add_accept_option(*operation, line.experiment.outputs);
        add_machine_options(*operation, line.experiment.machine, other);
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
    add(model, layer_settings(line.model));
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

void add_run_options(CLI::App& run, CommandLine& line) {
    run.footer(kRunExamples);
    add_attention_options(run, line, false);
    add_approximation_options(run, line.experiment.schedule.approximation);
    add_verdict_options(run, line.experiment);
    add_implementation_options(run, line.experiment);
    add_output_options(run, line);
    add_print_option(run, line);
    add_experiment_option(run, line);
}

void add_verification_options(CLI::App& verify, CommandLine& line) {
    verify.footer(kVerifyExamples);
    add_attention_options(verify, line, true);
    add_approximation_options(verify, line.experiment.schedule.approximation);
    add_accept_option(verify, line.experiment.outputs);
    add_verify_options(verify, line.verify);
    add_verified_operations(verify, line);
}

void add_comparison_options(CLI::App& compare, CommandLine& line) {
    Experiment& experiment = line.experiment;
    add_input_options(compare, experiment.workload, false);
    add_mask_options(compare, experiment.workload.mask);
    add_batch_options(compare, line);
    add_sentinel_offset_option(compare, experiment.schedule);
    add_result_options(compare, experiment.workload);
    add_machine_options(compare, experiment.machine);
    add_devices_option(compare, experiment.machine);
    add_check_options(compare, experiment.outputs);
    add_compare_options(compare, line.compare);
}

void add_gemm_command_options(CLI::App& gemm, CommandLine& line) {
    add_gemm_options(gemm, line.experiment.workload);
    add_operation_options(gemm, line);
}

void add_linear_command_options(CLI::App& linear, CommandLine& line) {
    add_input_options(linear, line.experiment.workload, false);
    add_linear_options(linear, line.experiment.workload.mask);
    add_operation_options(linear, line);
}

void add_explain_options(CLI::App& explain, CommandLine& line) {
    explain.add_option("KEY", line.key,
                       "figure, counter, configuration key, field of an experiment or exit code; "
                       "its last part is enough; none: all keys");
    explain.footer(R"(Examples:
  tessera explain mac_utilisation
  tessera explain device.LANES
  tessera explain 3)");
}

void add_completion_options(CLI::App& completions, CommandLine& line) {
    completions.add_option("SHELL", line.shell, "bash, zsh or fish")->required();
    completions.footer(R"(Examples:
  tessera completions bash > ~/.local/share/bash-completion/completions/tessera
  tessera completions fish > ~/.config/fish/completions/tessera.fish
  tessera completions zsh > _tessera
      in a folder of $fpath)");
}

void add_no_options(CLI::App&, CommandLine&) {}

}  // namespace

const std::vector<Command>& commands() {
    static const std::vector<Command> all = {
        {CommandName::kRun, "run", "Run attention and report result, time and traffic",
         add_run_options},
        {CommandName::kVerify, "verify",
         "Compare double-precision reference, model and RTL, bit by bit, cycle by cycle",
         add_verification_options},
        {CommandName::kCompare, "compare",
         "Run one problem with many schedules, profiles and masks, and list the results",
         add_comparison_options},
        {CommandName::kReport, "report", "Write reports as a page for a browser", add_page_options},
        {CommandName::kSweep, "sweep",
         "Run every point of a grid of experiments, and say which are best", add_sweep_options},
        {CommandName::kMerge, "merge", "Join the shards of a sweep", add_merge_options},
        {CommandName::kDiff, "diff",
         "What differs between two runs, sweeps or programs, and what moved", add_diff_options},
        {CommandName::kGemm, "gemm", "Multiply two matrices on the device",
         add_gemm_command_options},
        {CommandName::kLinear, "linear", "Run linear attention on the device",
         add_linear_command_options},
        {CommandName::kTranscribe, "transcribe",
         "Speech to text by a whole transformer on the device", add_transcribe_options},
        {CommandName::kEmbed, "embed", "Embeddings of texts by a whole transformer on the device",
         add_embed_options},
        {CommandName::kHeads, "heads", "Where the heads of a model look", add_heads_options},
        {CommandName::kGenerate, "generate", "Text by a decoder from a model hub on the device",
         add_generate_options},
        {CommandName::kServe, "serve", "Many requests to a decoder, and how long they wait",
         add_serve_options},
        {CommandName::kProfile, "profile",
         "What a decoder would cost, layer by layer, from its config.json alone",
         add_profile_options},
        {CommandName::kTask, "task", "A task with a known answer: how much of it comes out right",
         add_task_options},
        {CommandName::kDevices, "devices", "List the device presets", add_no_options},
        {CommandName::kSchedules, "schedules", "List the schedules", add_no_options},
        {CommandName::kCovers, "covers",
         "List the covers of a self oracle and the calls each takes", add_no_options},
        {CommandName::kMemories, "memories", "List the memory presets", add_no_options},
        {CommandName::kExplain, "explain", "What a figure, a counter, a key or an exit code means",
         add_explain_options},
        {CommandName::kCompletions, "completions", "Write completions for a shell",
         add_completion_options},
        {CommandName::kManual, "manual", "Write the man page", add_no_options}};
    return all;
}

}  // namespace tessera::host
