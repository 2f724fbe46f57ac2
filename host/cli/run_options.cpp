// SPDX-License-Identifier: MIT
#include "host/cli/run_options.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "host/cli/batch_options.h"
#include "host/cli/mask_options.h"
#include "host/cli/option_checks.h"
#include "host/cli/option_values.h"
#include "host/experiment/experiment_json.h"
#include "host/experiment/limits.h"
#include "spec/params.h"

namespace tessera::host {
namespace {

constexpr const char* kBlackboxGroup = "Black box (docs/use/schedules.md, section 1)";

void add_sentinel_option(CLI::App& run, Experiment::Schedule& schedule) {
    add_choice<Sentinel>(
        run, "--sentinel", schedule.sentinel,
        "form of the sentinel, which recovers the softmax sums on a black-box device: "
        "auto, columns, split or two-call (default auto)")
        ->check(not_empty())
        ->group(kBlackboxGroup);
}

/// "8x12" of --slots.
void set_slots(const std::string& text, Experiment::Slots& slots) {
    const size_t x = text.find('x');
    if (x == std::string::npos || !parses_as(text.substr(0, x), slots.heads) ||
        !parses_as(text.substr(x + 1), slots.layers) || slots.heads == 0 || slots.layers == 0 ||
        slots.heads > kMaxSlots || slots.layers > kMaxSlots)
        throw bad_value("command line", "--slots", printable(text),
                        "HEADSxLAYERS of a call, each 1 to 65536: 8x12");
}

}  // namespace

void add_schedule_options(CLI::App& run, Experiment::Schedule& schedule) {
    const char* group = "Problem";
    run.add_option("--schedule", schedule.name,
                   "order in which the pairs of tiles come: auto, or a name from `tessera "
                   "schedules` (default query-resident)")
        ->check(not_empty())
        ->type_name("NAME")
        ->group(group);
    run.add_option("--order", schedule.order,
                   "file with the pairs of tiles in their order, for --schedule listed: lines of "
                   "stack, query tile and key tile")
        ->check(not_empty())
        ->type_name("FILE")
        ->group(group);
    add_choice<Minimise>(run, "--minimise", schedule.minimise,
                         "what --schedule auto has the least of, by prediction: cycles (default), "
                         "calls or bytes")
        ->group(group);
    run.add_flag("--stack-heads", schedule.stack_heads,
                 "let the query heads of a head group share tiles")
        ->group(group);
}

void add_sentinel_offset_option(CLI::App& run, Experiment::Schedule& schedule) {
    const auto set = [&schedule](int64_t offset) {
        if (offset < -kMaxSentinelOffset || offset > kMaxSentinelOffset)
            throw bad_value("command line", "--sentinel-offset", std::to_string(offset),
                            fmt::format("-{0} to {0}", kMaxSentinelOffset));
        schedule.sentinel_offset = offset;
    };
    run.add_option_function<int64_t>(
           "--sentinel-offset", set,
           "distance of the sentinel from the typical row maximum, in powers of two "
           "(default -20; with two-call 25)")
        ->type_name("N")
        ->group(kBlackboxGroup);
}

void add_sentinel_options(CLI::App& run, Experiment::Schedule& schedule) {
    add_sentinel_option(run, schedule);
    add_sentinel_offset_option(run, schedule);
}

void add_self_oracle_options(CLI::App& run, Experiment::Schedule& schedule) {
    const char* group = "Problem";
    add_choice<Oracle>(
        run, "--oracle", schedule.oracle,
        "tokens of a call: query-key, M queries and M keys (default), self, one set of M tokens, "
        "or causal, M queries and M keys of which row i sees rows 0 to i")
        ->group(group);
    run.add_option(
           "--cover", schedule.cover,
           "kind of cover for --oracle self: auto (default) or a name from `tessera covers`")
        ->check(not_empty())
        ->type_name("NAME")
        ->group(group);
}

void add_result_options(CLI::App& run, Experiment::Workload& workload) {
    const char* group = "Problem";
    run.add_flag("--lse", workload.lse, "compute the log-sum-exp of every row, too")->group(group);
    add_choice<OutputFormat>(
        run, "--output-format", workload.output_format,
        "type of the elements that the device writes: fp32 or bf16 (default fp32)")
        ->group(group);
    run.add_option(
           "--sink-logits", workload.sink_logits,
           "logit of a sink without a value, one for each query head: a tensor of --input, a .npy "
           "file beside --q --k --v, or random with --random")
        ->check(not_empty())
        ->type_name("NAME|FILE")
        ->group(group);
    run.add_option("--scale", workload.scale, "factor of the scores (default 1/sqrt(d_k))")
        ->check(finite_number())
        ->type_name("X")
        ->group(group);
}

void add_problem_options(CLI::App& run, CommandLine& line) {
    Experiment& experiment = line.experiment;
    add_mask_options(run, experiment.workload.mask);
    add_batch_options(run, line);
    add_schedule_options(run, experiment.schedule);
    add_sentinel_options(run, experiment.schedule);
    add_result_options(run, experiment.workload);
}

void add_machine_options(CLI::App& run, Experiment::Machine& machine, const SettingTaker& other) {
    const char* group = "Machine";
    run.add_option("--device", machine.device, "device preset or .json file (default base)")
        ->type_name("NAME|FILE")
        ->group(group);
    run.add_option("--memory", machine.memory,
                   "memory preset or .json file (default: the device's)")
        ->type_name("NAME|FILE")
        ->group(group);
    const auto set = [&machine, other](const std::vector<std::string>& texts) {
        for (const std::string& text : texts)
            if (!other || !other(text)) add_setting(machine.settings, text);
    };
    run.add_option_function<std::vector<std::string>>(
           "--set", set, "change one configuration value; may be repeated")
        ->type_name("KEY=VALUE")
        ->expected(1)
        ->take_all()
        ->group(group);
}

void add_devices_option(CLI::App& run, Experiment::Machine& machine) {
    run.add_option("--num-devices", machine.devices,
                   "number of devices that share the memory and the job (default 1)")
        ->check(from_one(kMaxDevices))
        ->type_name("N")
        ->group("Machine");
}

void add_implementation_options(CLI::App& run, Experiment& experiment) {
    const char* group = "Machine";
    add_choice<Implementation>(run, "--impl", experiment.machine.implementation,
                               "implementation of the device: model or rtl (default model)")
        ->group(group);
    add_choice<Engine>(run, "--engine", experiment.machine.engine,
                       "what keeps the time of the model: systemc, or fast for some runs without "
                       "data; auto: fast where it can (default auto)")
        ->group(group);
    run.add_flag_callback(
           "--no-fast-forward", [&experiment] { experiment.machine.fast_forward = false; },
           "the fast engine does not pass over steady work; the figures are the same")
        ->group(group);
    run.add_option("--wave", experiment.outputs.wave,
                   "waveform of every RTL signal; needs --impl rtl")
        ->check(not_empty())
        ->type_name("FILE.fst")
        ->group(group);
}

void add_verify_options(CLI::App& verify, VerifyOptions& o) {
    const char* group = "Random jobs (instead of an input)";
    auto* count =
        verify.add_option("--count", o.count, "number of random jobs, seeded SEED, SEED+1, ...")
            ->check(from_one())
            ->type_name("N")
            ->group(group);
    verify
        .add_option("--max-tokens", o.max_tokens,
                    "largest number of queries or keys of a job (default: 4 x M)")
        ->check(from_one(kMaxRandomTokens))
        ->type_name("N")
        ->needs(count)
        ->group(group);
    // A random job is a function of machine and seed alone, and perhaps of the oracle.
    for (CLI::Option* option : verify.get_options()) {
        const std::string name = option->get_name();
        const bool of_random = name == "--count" || name == "--max-tokens" || name == "--seed" ||
                               name == "--device" || name == "--memory" || name == "--set" ||
                               name == "--oracle" || name == "--help";
        if (!of_random) count->excludes(option);
    }
}

void add_accept_option(CLI::App& run, Experiment::Outputs& outputs) {
    run.add_flag("--accept-inexact", outputs.accept_inexact,
                 "accept a result that is known not to be exact, without exit code 3; a failed "
                 "check still gives 1")
        ->group("Output");
}

void add_check_options(CLI::App& run, Experiment::Outputs& outputs, const char* limit) {
    const char* group = "Output";
    auto* check = run.add_flag_callback(
        "--check", [&outputs] { outputs.check = true; },
        std::string("compare with double precision (default: up to ") + limit + ")");
    run.add_flag_callback(
           "--no-check", [&outputs] { outputs.check = false; }, "skip the comparison")
        ->excludes(check)
        ->group(group);
    check->group(group);
    run.add_flag("--timing-only", outputs.timing_only,
                 "simulate cycles and traffic, without tensor data")
        ->group(group);
    add_accept_option(run, outputs);
}

void add_report_options(CLI::App& run, CommandLine& line, const char* files,
                        const char* check_limit) {
    const char* group = "Output";
    run.add_option("--out", line.experiment.outputs.folder, std::string("folder for ") + files)
        ->check(not_empty())
        ->type_name("DIR")
        ->group(group);
    add_check_options(run, line.experiment.outputs, check_limit);
    run.add_option("--format", line.format,
                   "format of the report on stdout: table, json, csv or markdown (default "
                   "table)")
        ->type_name("NAME")
        ->group(group);
}

void add_output_options(CLI::App& run, CommandLine& line) {
    const char* group = "Output";
    Experiment::Outputs& outputs = line.experiment.outputs;
    add_report_options(run, line, "report.html, report.json, out.safetensors and trace.json");
    const auto set = [&outputs](const std::string& text) { set_slots(text, outputs.slots); };
    run.add_option_function<std::string>(
           "--slots", set,
           "also count the calls of a device that takes H x L pairs of tiles a call")
        ->check(not_empty())
        ->type_name("HxL")
        ->group(group);
    run.add_option("--trace-commands", outputs.trace_commands,
                   "number of commands in trace.json, from the first on (default 20,000)")
        ->check(whole_number())
        ->type_name("N")
        ->group(group);
}

void add_print_option(CLI::App& run, CommandLine& line) {
    run.add_flag("--print-experiment", line.print_experiment,
                 "print the experiment that these options make, as JSON, and end")
        ->group("Output");
}

void add_experiment_option(CLI::App& run, CommandLine& line) {
    const auto beside = [](const CLI::Option* option) {
        const std::string name = option->get_name();
        return name == "--experiment" || name == "--format" || name == "--print-experiment" ||
               name == "--help";
    };
    // What an option excludes is looked at behind what it needs: --seed would ask for --random.
    const auto set = [&run, &line, beside](const std::string& file) {
        for (const CLI::Option* option : run.get_options())
            if (!beside(option) && option->count() != 0)
                throw CLI::ExcludesError(option->get_name(), "--experiment");
        line.experiment_file = file;
    };
    CLI::Option* experiment =
        run.add_option_function<std::string>(
               "--experiment", set,
               "JSON file with the whole experiment, in place of all other options but "
               "--format and --print-experiment")
            ->check(not_empty())
            ->type_name("FILE")
            ->group("Experiment (docs/use/experiments.md)");
    for (CLI::Option* option : run.get_options())
        if (!beside(option)) experiment->excludes(option);
}

}  // namespace tessera::host
