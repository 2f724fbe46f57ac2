// SPDX-License-Identifier: MIT
#include "host/run/execution.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/engine/engine.h"
#include "host/error.h"
#include "host/experiment/names.h"
#include "host/platform/counters.h"
#include "host/predict/formulas.h"
#include "host/run/bytes.h"
#include "host/run/consistency.h"
#include "host/run/device_error.h"
#include "host/run/machine.h"
#include "host/run/platform_memory.h"
#include "host/run/stopwatch.h"
#include "host/text.h"

namespace tessera::host {
namespace {

constexpr uint32_t kCheckedTokens = 4096;  ///< up to here the check is on by default

std::optional<Slots> slots_of(const Experiment::Slots& asked) {
    if (asked.heads == 0) return std::nullopt;
    Slots slots;
    slots.heads = asked.heads;
    slots.layers = asked.layers;
    return slots;
}

/// The rows that any device could not resolve, with the first that has some.
void join_unresolved(std::vector<RunOutcome>& devices) {
    fw::Unresolved* all = nullptr;
    for (RunOutcome& device : devices) {
        fw::Unresolved& one = device.firmware.unresolved;
        if (all == nullptr && one.rows != 0) {
            all = &one;
            continue;
        }
        for (uint32_t i = 0; i < std::min(one.rows, fw::Unresolved::kNamed); ++i)
            if (all->rows + i < fw::Unresolved::kNamed) all->named[all->rows + i] = one.named[i];
        if (all != nullptr) all->rows += one.rows;
    }
}

/// Rows of o with a NaN or an Inf, read head by head.
ElementNames nonfinite_in(const Layout& layout, const MemoryAccess& memory) {
    const fw::AttentionJob& job = layout.job;
    ElementNames elements;
    for (uint32_t head = 0; head < job.query_heads; ++head)
        add_nonfinite(read_output_rows(layout, memory, head, 0, job.nq), job.d_v, head, 0,
                      elements);
    return elements;
}

}  // namespace

std::string reason_not_to_check(const Experiment::Outputs& outputs, bool timing_only,
                                const Problem& problem) {
    if (timing_only) return "timing only: there is no result";
    if (outputs.check) return *outputs.check ? "" : "`outputs.check=false`";
    if (std::max(problem.nq, problem.nk) <= kCheckedTokens) return "";
    return fmt::format("over {} tokens; `outputs.check` compares with double precision",
                       with_commas(kCheckedTokens));
}

Execution::Execution(const Experiment& experiment, Job job, const hw::DeviceFactory& make_device,
                     const RunHooks& hooks)
    : progress_(hooks), inputs_(std::move(job.inputs)), audit_device_(make_device) {
    const Experiment::Outputs& outputs = experiment.outputs;
    record_.experiment = experiment;
    record_.config = std::move(job.config);
    record_.problem = std::move(job.problem);
    record_.layout = std::move(job.layout);
    record_.candidates = std::move(job.candidates);
    record_.slots = slots_of(outputs.slots);
    record_.packed_calls = packed_calls_of(record_);
    hw::PlatformConfig& platform = record_.config.platform;
    for (const Region& region : record_.layout.regions)
        platform.memory.streams.push_back(
            {region.name, region.address, region.address + region.bytes});
    platform.make_device = make_device;
    if (record_.problem.approximation)
        record_.approximation = approximation_record(record_.problem, platform);
    platform.trace_commands = 0;
    record_.implementation = name_of(experiment.machine.implementation);
    record_.input = inputs_.description;
    record_.input_dtypes = dtypes_of(inputs_);
    record_.not_checked = reason_not_to_check(outputs, platform.timing_only, record_.problem);
    record_.exactness.accepted = outputs.accept_inexact;
    for (const std::string& note : inputs_.notes) progress_.note(note);
}

void Execution::run(OutputStream* output) {
    const bool fast = takes_fast_engine();
    if (record_.config.platform.devices > 1 && !fast) start_single();
    operation_.emplace(record_.problem, inputs_, record_.config.platform, record_.layout);
    if (record_.approximation) {
        hw::PlatformConfig config = record_.config.platform;
        config.make_device = audit_device_;
        audit_.emplace(record_.problem, inputs_, config, record_.layout);
    }
    if (fast)
        simulate_fast();
    else
        simulate(output);
    if (single_) finish_single();
    check();
}

/// The same on one device, for comparison: beside the run, in a process of its own, since
/// SystemC elaborates once.
void Execution::start_single() {
    hw::PlatformConfig config = record_.config.platform;
    config.devices = 1;
    config.timing_only = true;
    config.trace_commands = 0;
    config.make_device = nullptr;
    single_.emplace([config, this](const RunHooks&) {
        Platform platform = make_platform(config);
        Layout alone = record_.layout;
        alone.devices = 1;
        const AttentionOperation operation(record_.problem, inputs_, config, alone);
        const RunOutcome outcome =
            std::move(run_on(platform, operation, access_to(platform)).front());
        Packer packer;
        packer.value(counter_value(outcome.counters, spec::Counter::kCycles));
        return std::move(packer.bytes);
    });
}

void Execution::finish_single() {
    progress_.phase("simulating one device");
    const Bytes bytes = single_->finish();
    Unpacker(bytes).value(record_.single_device_cycles);
}

/// Error if it is asked for and cannot do this run.
bool Execution::takes_fast_engine() const {
    const Experiment::Machine& machine = record_.experiment.machine;
    if (machine.engine == Engine::kSystemC) return false;
    const std::string reason = why_not_fast(record_.layout, record_.config.platform);
    if (!reason.empty() && machine.engine == Engine::kFast)
        throw bad_field("machine.engine", "fast", "auto or systemc, since " + reason);
    return reason.empty();
}

/// Without SystemC, and without a memory that holds anything.
void Execution::simulate_fast() {
    progress_.phase("simulating");
    const Stopwatch watch;
    const hw::PlatformConfig& config = record_.config.platform;
    const auto calls = static_cast<double>(work_formula(record_.problem, config.params.m).calls);
    FastOptions options;
    options.forward = record_.experiment.machine.fast_forward;
    options.progress = [&, shown = 0.0](uint64_t begun) mutable {
        constexpr double kStep = 1e-3;  // more, nobody sees
        const double share = std::min(static_cast<double>(begun) / calls, 1.0);
        if (share < shown + kStep) return;
        shown = share;
        progress_.share(share);
    };
    FastRun run = run_fast(record_.layout, config, options);
    record_.engine = name_of(Engine::kFast);
    record_.devices = std::move(run.devices);
    record_.memory = std::move(run.memory);
    record_.outcome = combined(record_.devices);
    if (config.devices > 1) {
        hw::PlatformConfig single = config;
        single.devices = 1;
        single.trace_commands = 0;
        Layout alone = record_.layout;
        alone.devices = 1;
        options.progress = nullptr;
        const FastRun one = run_fast(alone, single, options);
        record_.single_device_cycles =
            counter_value(one.devices.front().counters, spec::Counter::kCycles);
    }
    require_consistent(record_);
    record_.simulation_seconds = watch.seconds();
}

void Execution::simulate(OutputStream* output) {
    progress_.phase("simulating");
    const Stopwatch watch;
    const hw::PlatformConfig& config = record_.config.platform;
    Platform platform = make_platform(config);
    const MemoryAccess memory = access_to(platform);
    const bool will_read = record_.not_checked.empty() || (keep_tensors_ && inputs_.has_data);
    if (inputs_.has_data) operation_->write(memory);
    if (output != nullptr && !audit_) {
        const auto release = [&](uint64_t address, uint64_t bytes) {
            platform.release(address, bytes);
        };
        output->attach(memory, will_read ? OutputStream::Release() : release);
        platform.observe_writes(
            [output](uint64_t address, uint64_t bytes) { output->stored(address, bytes); });
    }
    tell_calls(platform, progress_, work_formula(record_.problem, config.params.m).calls);
    run_devices(platform);
    record_.memory = platform.memory_outcome();
    require_consistent(record_);
    if (will_read || audit_) o_ = operation_->read(memory);
    if (inputs_.has_data) lse_ = operation_->read_lse(memory);
    if (output != nullptr && !lse_.empty()) output->write_lse(lse_);
    record_.simulation_seconds = watch.seconds();
    judge(memory, output);
    if (audit_) write_audited(memory, output);
}

/// What is known of the result before it is compared with anything.
void Execution::judge(const MemoryAccess& memory, OutputStream* output) {
    if (audit_) {
        progress_.phase("auditing");
        audit_->finish(o_, record_.not_checked.empty(), record_);
    }
    if (!inputs_.has_data) return;
    progress_.phase("looking for rows that are not exact");
    record_.exactness.known = true;
    operation_->judge_elements(nonfinite(memory, output), record_.outcome, record_.exactness);
    if (audit_) audit_->judge(record_);
}

/// Memory that the output stream has released is gone.
ElementNames Execution::nonfinite(const MemoryAccess& memory, const OutputStream* output) const {
    if (output == nullptr || audit_) return nonfinite_in(record_.layout, memory);
    ElementNames elements = output->nonfinite();
    std::stable_sort(elements.begin(), elements.end(),
                     [](const ElementName& a, const ElementName& b) { return a.row < b.row; });
    return elements;
}

/// The result of an approximate run goes to its file only when it may be used.
void Execution::write_audited(const MemoryAccess& memory, OutputStream* output) {
    if (output == nullptr || withheld(record_)) return;
    const fw::AttentionJob& job = record_.layout.job;
    output->attach(memory, OutputStream::Release());
    output->stored(job.o.address, job.query_heads * job.o.head_stride);
}

/// Each device its share, at the same time.
void Execution::run_devices(Platform& platform) {
    record_.devices = run_on(platform, *operation_, access_to(platform));
    join_unresolved(record_.devices);
    for (uint32_t i = 0; i < operation_->devices(); ++i)
        require_success(record_.devices[i], record_.layout.of_device(i),
                        record_.config.platform.params);
    record_.outcome = combined(record_.devices);
}

void Execution::check() {
    if (!record_.not_checked.empty()) return;
    progress_.phase("checking");
    const Stopwatch watch;
    const auto progress = [this](double done) { progress_.share(done); };
    const ReferenceResult exact = operation_->exact(false, progress);
    record_.error = operation_->compare(exact, o_, lse_);
    if (inputs_.converted())
        record_.conversion = difference(exact.o, operation_->exact(true, progress).o);
    record_.check_seconds = watch.seconds();
}

bool outside_bound(const RunRecord& record) {
    const bool audit = record.approximation && record.approximation->audit_error &&
                       record.approximation->audit_error->outside_bound();
    return audit || (record.error && record.error->outside_bound());
}

const ErrorSummary* nothing_compared(const RunRecord& record) {
    if (record.error && record.error->elements == 0) return &*record.error;
    if (!record.approximation || !record.approximation->audit_error) return nullptr;
    const ErrorSummary& audit = *record.approximation->audit_error;
    return audit.elements == 0 ? &audit : nullptr;
}

}  // namespace tessera::host
