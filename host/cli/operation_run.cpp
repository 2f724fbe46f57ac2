// SPDX-License-Identifier: MIT
#include "host/cli/operation_run.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <stdexcept>

#include "host/cli/field_options.h"
#include "host/cli/output_folder.h"
#include "host/cli/overwriting.h"
#include "host/cli/progress.h"
#include "host/cli/verdict.h"
#include "host/error.h"
#include "host/experiment/problem_of.h"
#include "host/report/report_json.h"
#include "host/report/table.h"
#include "host/run/device_error.h"
#include "host/run/platform_memory.h"
#include "host/run/stopwatch.h"
#include "host/version.h"

namespace tessera::host {
namespace {

constexpr double kCheckedMultiplies = 0x1p33;  ///< up to here the check is on by default: seconds

/// The number of calls and counter identities: a difference is a bug, never a result.
void require_consistent(const OperationRecord& record) {
    const CounterValues& counters = record.outcome.counters;
    const uint64_t calls = counter_value(counters, spec::Counter::kAttendsRetired);
    if (calls != record.work.calls)
        throw std::logic_error(
            fmt::format("{} calls were made, the formula says {}", calls, record.work.calls));
    if (const char* engine = broken_identity(counters))
        throw std::logic_error(
            fmt::format("busy, stalled and idle cycles of {} do not add up to cycles", engine));
}

/// The result, unless only time is simulated.
std::vector<float> simulate(OperationJob& job) {
    OperationRecord& record = job.record;
    const Stopwatch watch;
    Platform platform(record.config.platform);
    const MemoryAccess memory = access_to(platform);
    const bool data = !record.config.platform.timing_only;
    const Operation& operation = *job.operation;
    if (data) operation.write(memory);
    record.outcome = std::move(run_on(platform, operation, memory).front());
    require_success(record.outcome.firmware.status);
    require_consistent(record);
    record.more = operation.figures(record.outcome);
    std::vector<float> result;
    if (data) result = operation.read(memory);
    record.simulation_seconds = watch.seconds();
    return result;
}

void write_files(OutputFolder& folder, OperationJob& job, const std::vector<float>& result) {
    OperationRecord& record = job.record;
    record.files = {OutputFolder::kReport};
    std::optional<SafetensorsWriter> tensors;
    if (!record.config.platform.timing_only && !record.exactness.withheld()) {
        record.files.emplace_back(OutputFolder::kTensors);
        const TensorSpec output = job.operation->output();
        tensors.emplace(folder.tensors_file(), std::vector{output},
                        Metadata{{"tool", std::string("tessera ") + kVersion},
                                 {"input", printable(record.input)}});
        const uint64_t columns = output.shape.back();
        for (uint64_t row = 0; row * columns < result.size(); ++row)
            tensors->write(output.name, job.operation->place_of_row(row) * columns,
                           result.data() + row * columns, columns);
    }
    folder.write_report(with_options(dumped(operation_json(record), 2)),
                        tensors ? &*tensors : nullptr);
}

RunVerdict verdict_of(const OperationJob& job, bool check_wanted) {
    const OperationRecord& record = job.record;
    RunVerdict v{record.exactness, job.operation->output().name};
    if (!record.error) return v;
    v.check = &*record.error;
    if (check_wanted && record.error->elements == 0) v.nothing_compared = v.check;
    v.outside_bound = record.error->outside_bound();
    return v;
}

/// Why a result that takes so many multiply-adds in double precision is not to be checked; nothing
/// if it is.
std::string reason_not_to_check(const Experiment::Outputs& outputs, double multiplies) {
    if (outputs.timing_only) return "timing only: there is no result";
    if (outputs.check) return *outputs.check ? "" : "--no-check";
    if (multiplies <= kCheckedMultiplies) return "";
    return "over 2^33 multiply-adds; --check compares with double precision";
}

}  // namespace

ResolvedConfig operation_config(const Experiment& experiment) {
    ResolvedConfig config = config_of(experiment);
    config.platform.timing_only = experiment.outputs.timing_only;
    config.platform.trace_commands = 0;
    return config;
}

OperationJob operation_job(const Experiment& experiment,
                           const std::vector<std::string>& command_line, ResolvedConfig config,
                           const MemoryMap& map, std::shared_ptr<const Operation> operation) {
    OperationJob job;
    OperationRecord& record = job.record;
    record.experiment = experiment;
    record.name = operation->name();
    record.title = operation->title();
    record.input = operation->input();
    record.input_dtypes = operation->input_dtypes();
    record.command_line = command_line;
    record.problem = operation->settings();
    record.config = std::move(config);
    record.regions = map.regions();
    record.work = operation->work_by_formula();
    record.bound = operation->bound();
    record.note = operation->note();
    record.not_checked = reason_not_to_check(experiment.outputs, operation->check_work());
    record.exactness.accepted = experiment.outputs.accept_inexact;
    job.operation = std::move(operation);
    return job;
}

Exactness exactness_of(const OperationJob& job, const std::vector<float>& result,
                       const RunOutcome& outcome) {
    Exactness exactness = job.record.exactness;
    exactness.known = true;
    job.operation->judge(result, outcome, exactness);
    return exactness;
}

int run_operation(const CommandLine& line, OperationJob& job) {
    const Experiment::Outputs& outputs = line.experiment.outputs;
    std::optional<OutputFolder> folder;
    if (!outputs.folder.empty()) {
        refuse_overwriting(
            line.experiment, line.sources,
            outputs_in(outputs.folder, {OutputFolder::kReport, OutputFolder::kTensors}));
        folder.emplace(outputs.folder);
    }
    Progress progress;
    for (const std::string& note : job.notes) progress.note(note);
    progress.phase("simulating");
    const std::vector<float> result = simulate(job);
    OperationRecord& record = job.record;
    if (!outputs.timing_only) record.exactness = exactness_of(job, result, record.outcome);
    if (record.not_checked.empty()) {
        progress.phase("checking");
        const Stopwatch watch;
        record.error = job.operation->check(result, [&](double done) { progress.share(done); });
        record.check_seconds = watch.seconds();
    }
    progress.finish();
    if (folder) write_files(*folder, job, result);
    if (line.format == "json")
        fmt::print("{}\n", with_options(dumped(operation_json(record), 2)));
    else
        fmt::print("{}", with_options(operation_table(record)));
    const RunVerdict verdict = verdict_of(job, outputs.check.value_or(false));
    print_on_stderr(verdict);
    return exit_code(verdict);
}

}  // namespace tessera::host
