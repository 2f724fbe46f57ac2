// SPDX-License-Identifier: MIT
#include "host/cli/verify_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "host/cli/progress.h"
#include "host/cli/run_command.h"
#include "host/error.h"
#include "host/experiment/problem_of.h"
#include "host/model/head_settings.h"
#include "host/run/device_error.h"
#include "host/run/device_factory.h"
#include "host/verify/given_case.h"
#include "host/verify/model_case.h"
#include "host/verify/random_memory.h"
#include "host/verify/verify.h"

namespace tessera::host {
namespace {

constexpr unsigned kRandomJobSeconds = 600;  ///< a simulation that takes longer hangs

/// Prints the report of a divergence, if there is one, and the closing line.
int finish(const std::string& divergence, const std::string& again, const verify::Totals& totals) {
    if (!divergence.empty()) fmt::print("{}again: {}\n", divergence, again);
    fmt::print("{}\n", totals.line());
    if (!divergence.empty()) return kExitMismatch;
    if (totals.inexact.empty()) return kExitGood;
    fmt::print(stderr,
               "tessera: model and RTL agree, but the result is not exact and was not compared "
               "with double precision: {}; --accept-inexact compares it anyway\n",
               totals.inexact);
    return kExitNotValid;
}

int verify_given(const Experiment& experiment, const std::vector<std::string>& command_line) {
    const std::string again = fmt::format("{}", fmt::join(command_line, " "));
    // Whether there is such RTL is known before the input is read.
    const hw::DeviceFactory rtl = device_factory(Implementation::kRtl, config_of(experiment), "");
    const verify::GivenCases given = verify::given_cases(experiment);
    Progress progress;
    for (const std::string& note : given.notes) progress.note(note);
    verify::Totals totals;
    std::string divergence;
    for (const verify::Case& c : given.cases) {
        divergence = verify::verify_case(c, rtl, 0, totals, progress.hooks());
        if (!divergence.empty()) break;
    }
    progress.finish();
    return finish(divergence, again, totals);
}

/// The command line that runs one random job again, on the same device.
std::string again(const Experiment& experiment, uint64_t seed, uint64_t max_tokens) {
    const Experiment::Machine& machine = experiment.machine;
    std::string options = machine.device;
    if (machine.memory) options += " --memory " + *machine.memory;
    for (const auto& [key, value] : machine.settings) options += " --set " + key + "=" + value;
    if (experiment.schedule.oracle == Oracle::kSelf) options += " --oracle self";
    return fmt::format("tessera verify --device {} --count 1 --seed {} --max-tokens {}", options,
                       seed, max_tokens);
}

/// Does the user say what memory random jobs have?
bool names_memory(const Experiment::Machine& machine) {
    const auto of_memory = [](const auto& set) { return set.first.rfind("memory.", 0) == 0; };
    return machine.memory ||
           std::any_of(machine.settings.begin(), machine.settings.end(), of_memory);
}

int verify_random(const Experiment& experiment, const VerifyOptions& verify) {
    const ResolvedConfig config = config_of(experiment);
    const spec::DeviceParams& params = config.platform.params;
    const hw::DeviceFactory rtl = device_factory(Implementation::kRtl, config, "");
    const uint64_t max_tokens = verify.max_tokens.value_or(4 * uint64_t{params.m});
    if (experiment.schedule.oracle == Oracle::kCausal)
        throw bad_field("schedule.oracle", "causal",
                        "query-key or self with random jobs; some of query-key are causal");
    const bool covers = problem_of(experiment).cover.has_value();
    Progress progress;
    progress.phase("verifying");
    verify::Totals totals;
    for (uint64_t i = 0; i < *verify.count; ++i) {
        const uint64_t seed = experiment.workload.random.seed + i;
        verify::Case c =
            verify::random_case(seed, params, static_cast<uint32_t>(max_tokens), covers);
        if (names_memory(experiment.machine)) verify::use_memory(c, config.platform.memory);
        const std::string divergence = verify::verify_case(c, rtl, kRandomJobSeconds, totals);
        if (!divergence.empty() || i + 1 == *verify.count) {
            progress.finish();
            return finish(divergence, again(experiment, seed, max_tokens), totals);
        }
        progress.share(static_cast<double>(i + 1) / static_cast<double>(*verify.count));
    }
    throw std::logic_error("verify: no job");
}

}  // namespace

int verify_command(const CommandLine& line, const std::vector<std::string>& command_line) {
    return line.verify.count ? verify_random(line.experiment, line.verify)
                             : verify_given(line.experiment, command_line);
}

int verify_model_command(const CommandLine& line, const std::vector<std::string>& command_line) {
    const ResolvedConfig config = config_of(line.experiment);
    const hw::DeviceFactory rtl = device_factory(Implementation::kRtl, config, "");
    const VerifyModelOptions& options = line.verify_model;
    ModelFolder folder = open_model(line.model.model, options.repeats);
    set_heads(folder.model, "--set", line.model.layers);
    const Experiment::Workload& workload = line.experiment.workload;
    const verify::Case c =
        verify::model_case(folder, {config.platform, config.energy, workload.precision},
                           {options.rows, options.steps, workload.random.seed},
                           line.experiment.outputs.accept_inexact);
    Progress progress;
    verify::Totals totals;
    const std::string divergence = verify::verify_case(c, rtl, 0, totals, progress.hooks());
    progress.finish();
    return finish(divergence, fmt::format("{}", fmt::join(command_line, " ")), totals);
}

}  // namespace tessera::host
