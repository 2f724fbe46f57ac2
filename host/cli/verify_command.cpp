// SPDX-License-Identifier: MIT
#include "host/cli/verify_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "host/cli/gemm_command.h"
#include "host/cli/given_case.h"
#include "host/cli/job.h"
#include "host/cli/linear_command.h"
#include "host/cli/progress.h"
#include "host/cli/run_command.h"
#include "host/error.h"
#include "host/run/device_error.h"
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
               "tessera: model and RTL agree, but the result is not exact and was not held against "
               "double precision: {}; --accept-inexact compares it all the same\n",
               totals.inexact);
    return kExitNotValid;
}

std::vector<verify::Case> given_cases(const RunOptions& options, CommandName operation,
                                      const std::vector<std::string>& command_line) {
    Progress silent(true);
    if (operation == CommandName::kNone) {
        const auto job = std::make_shared<Job>(make_job(options, false));
        for (const std::string& note : job->inputs.notes) silent.note(note);
        return cases_of_job(job, options.accept_inexact);
    }
    const auto make = operation == CommandName::kGemm ? gemm_operation : linear_operation;
    const auto job = std::make_shared<OperationJob>(make(options, command_line));
    for (const std::string& note : job->notes) silent.note(note);
    return {case_of_operation(job)};
}

int verify_given(const RunOptions& options, CommandName operation,
                 const std::vector<std::string>& command_line) {
    const std::string again = fmt::format("{}", fmt::join(command_line, " "));
    // Whether there is such RTL is known before the input is read.
    const ResolvedConfig config = resolve_config(options.device, options.memory, options.sets);
    const hw::DeviceFactory rtl = device_factory(options, config, "");
    verify::Totals totals;
    for (const verify::Case& c : given_cases(options, operation, command_line)) {
        const std::string divergence = verify::verify_case(c, rtl, 0, totals);
        if (!divergence.empty()) return finish(divergence, again, totals);
    }
    return finish("", again, totals);
}

/// The command line that runs one random job again, on the same device.
std::string again(const RunOptions& options, uint64_t seed, uint64_t max_tokens) {
    std::string machine = options.device;
    if (options.memory) machine += " --memory " + *options.memory;
    for (const std::string& set : options.sets) machine += " --set " + set;
    if (options.oracle != RunOptions().oracle) machine += " --oracle " + options.oracle;
    return fmt::format("tessera verify --device {} --count 1 --seed {} --max-tokens {}", machine,
                       seed, max_tokens);
}

/// Does the user say what memory random jobs have?
bool names_memory(const RunOptions& options) {
    const auto of_memory = [](const std::string& set) { return set.rfind("memory.", 0) == 0; };
    return options.memory || std::any_of(options.sets.begin(), options.sets.end(), of_memory);
}

int verify_random(const RunOptions& options, const VerifyOptions& verify) {
    const ResolvedConfig config = resolve_config(options.device, options.memory, options.sets);
    const spec::DeviceParams& params = config.platform.params;
    const hw::DeviceFactory rtl = device_factory(options, config, "");
    const uint64_t max_tokens = verify.max_tokens.value_or(4 * uint64_t{params.m});
    const bool covers = problem_of(options).cover.has_value();
    Progress progress;
    progress.phase("verifying");
    verify::Totals totals;
    for (uint64_t i = 0; i < *verify.count; ++i) {
        const uint64_t seed = options.seed + i;
        verify::Case c =
            verify::random_case(seed, params, static_cast<uint32_t>(max_tokens), covers);
        if (names_memory(options)) verify::use_memory(c, config.platform.memory);
        const std::string divergence = verify::verify_case(c, rtl, kRandomJobSeconds, totals);
        if (!divergence.empty() || i + 1 == *verify.count) {
            progress.finish();
            return finish(divergence, again(options, seed, max_tokens), totals);
        }
        progress.share(static_cast<double>(i + 1) / static_cast<double>(*verify.count));
    }
    throw std::logic_error("verify: no job");
}

}  // namespace

int verify_command(const RunOptions& run, const VerifyOptions& verify,
                   const std::vector<std::string>& command_line) {
    RunOptions options = run;
    options.impl = "rtl";
    return verify.count ? verify_random(options, verify)
                        : verify_given(options, verify.operation, command_line);
}

}  // namespace tessera::host
