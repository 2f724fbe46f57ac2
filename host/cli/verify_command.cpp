// SPDX-License-Identifier: MIT
#include "host/cli/verify_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "host/cli/device_error.h"
#include "host/cli/job.h"
#include "host/cli/progress.h"
#include "host/cli/run_command.h"
#include "host/error.h"
#include "host/report/command_names.h"
#include "host/verify/random_memory.h"
#include "host/verify/verify.h"
#include "host/workload/cover_layout.h"

namespace tessera::host {
namespace {

constexpr unsigned kRandomJobSeconds = 600;  ///< a simulation that takes longer hangs
constexpr uint64_t kMostTokens = 65536;      ///< of a random job

/// Where outputs begin in device memory: o is the first of them.
uint64_t outputs_begin(const Layout& layout) { return layout.job.o.address; }

void run_job(const Job& job, verify::Machine& machine, verify::Outcome& out) {
    Platform& platform = machine.platform();
    const MemoryAccess memory = [&](uint64_t address, uint64_t bytes) {
        return platform.memory(address, bytes);
    };
    write_operands(job.inputs, job.layout, memory);
    machine.run(job.layout, out);
    const uint64_t begin = outputs_begin(job.layout), bytes = job.layout.end - begin;
    const uint8_t* at = memory(begin, bytes);
    out.memory.assign(at, at + bytes);
}

void compare_with_double(const Job& job, const verify::Outcome& out,
                         verify::Comparison& comparison) {
    if (!verify::firmware_succeeded(out, comparison)) return;
    verify::Bytes outputs = out.memory;
    const MemoryAccess memory = [&](uint64_t address, uint64_t) {
        return outputs.data() + (address - outputs_begin(job.layout));
    };
    const std::vector<float> o = read_output(job.layout, memory);
    std::vector<double> lse;
    if (job.problem.want_lse)
        lse = read_lse(job.layout, memory, job.config.platform.params.bus_bytes);
    const uint32_t m = job.config.platform.params.m;
    const ReferenceProblem problem = reference_problem(job.problem, job.inputs, m, false);
    const BoundParams bound{m, job.problem.bf16_output, job.problem.sentinel.form,
                            most_calls(job.layout)};
    verify::compare_with_double(problem, bound, o, lse, comparison);
}

verify::Case job_case(const std::shared_ptr<const Job>& job) {
    verify::Case c;
    c.name = job->inputs.description;
    c.platform = job->config.platform;
    c.body = [job](verify::Machine& machine, verify::Outcome& out) { run_job(*job, machine, out); };
    c.words = verify::layout_words(job->layout, job->config.platform.params);
    c.reference = [job](const verify::Outcome& out, verify::Comparison& comparison) {
        compare_with_double(*job, out, comparison);
    };
    return c;
}

/// Prints the report of a divergence, if there is one, and the closing line.
int finish(const std::string& divergence, const std::string& again, const verify::Totals& totals) {
    if (!divergence.empty()) fmt::print("{}again: {}\n", divergence, again);
    fmt::print("{}\n", totals.line());
    return divergence.empty() ? kExitGood : kExitMismatch;
}

int verify_job(const RunOptions& options, const std::vector<std::string>& command_line) {
    auto job = std::make_shared<Job>(make_job(options, false));
    const hw::DeviceFactory rtl = device_factory(options, job->config, "");
    verify::Totals totals;
    const std::string divergence = verify::verify_case(job_case(job), rtl, 0, totals);
    return finish(divergence, fmt::format("{}", fmt::join(command_line, " ")), totals);
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
    if (max_tokens == 0 || max_tokens > kMostTokens)
        throw bad_value("command line", "--max-tokens", std::to_string(max_tokens),
                        fmt::format("1 to {}", kMostTokens));
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
    return verify.count ? verify_random(options, verify) : verify_job(options, command_line);
}

}  // namespace tessera::host
