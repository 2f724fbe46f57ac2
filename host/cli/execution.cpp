// SPDX-License-Identifier: MIT
#include "host/cli/execution.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "firmware/merge/sentinel.h"
#include "host/cli/job.h"
#include "host/cli/option_values.h"
#include "host/operation/approximate.h"
#include "host/operation/cover_layout.h"
#include "host/predict/formulas.h"
#include "host/report/dram.h"
#include "host/report/table.h"
#include "host/run/counters.h"
#include "host/run/device_error.h"
#include "host/run/find_inexact.h"
#include "host/run/platform_memory.h"
#include "host/run/stopwatch.h"
#include "host/text.h"

namespace tessera::host {
namespace {

constexpr uint32_t kCheckedTokens = 4096;  ///< up to here the check is on by default

/// Why the result is not to be checked; nothing if it is.
std::string reason_not_to_check(const RunOptions& options, const Problem& problem) {
    if (options.timing_only) return "timing only: there is no result";
    if (options.check) return *options.check ? "" : "--no-check";
    if (std::max(problem.nq, problem.nk) <= kCheckedTokens) return "";
    return fmt::format("over {} tokens; --check compares with double precision",
                       with_commas(kCheckedTokens));
}

/// "8x12" of --slots.
std::optional<Slots> slots_of(const RunOptions& options) {
    if (options.slots.empty()) return std::nullopt;
    constexpr uint32_t kMax = 65536;
    const size_t x = options.slots.find('x');
    Slots slots;
    if (x == std::string::npos || !parses_as(options.slots.substr(0, x), slots.heads) ||
        !parses_as(options.slots.substr(x + 1), slots.layers) || slots.heads == 0 ||
        slots.layers == 0 || slots.heads > kMax || slots.layers > kMax)
        throw bad_value("command line", "--slots", printable(options.slots),
                        "HEADSxLAYERS of a call, each 1 to 65536: 8x12");
    return slots;
}

/// Counter identities and the number of calls: a difference is a bug, never a result.
void require_consistent(const RunRecord& record) {
    const CounterValues& counters = record.outcome.counters;
    const uint64_t calls = counter_value(counters, spec::Counter::kAttendsRetired);
    const uint64_t formula = work_formula(record.problem, record.config.platform.params.m).calls;
    const uint64_t retried = record.outcome.merging.work.calls_retried;
    if (calls != formula + retried)
        throw std::logic_error(
            fmt::format("{} calls were made, {} of them retried; the formula says {}", calls,
                        retried, formula));
    if (const char* engine = broken_identity(counters, record.config.platform.devices))
        throw std::logic_error(
            fmt::format("busy, stalled and idle cycles of {} do not add up to cycles", engine));
}

/// What an oracle with several slots would take, by packing and by formula.
void count_packed_calls(RunRecord& record) {
    if (!record.slots) return;
    const uint32_t m = record.config.platform.params.m;
    record.packed_calls = pack_calls(record.layout.jobs(), m, *record.slots).calls();
    const uint64_t formula =
        packed_calls_formula(work_formula(record.problem, m).calls, *record.slots);
    if (record.packed_calls != formula)
        throw std::logic_error(fmt::format("calls were packed into {}, the formula says {}",
                                           record.packed_calls, formula));
}

/// With a sentinel every stored row is a partial result that firmware merged, or that of a pair of
/// tiles that was retried.
void require_consistent_shares(const RunRecord& record) {
    const spec::DeviceParams& params = record.config.platform.params;
    const fw::AttentionJob& job = record.layout.job;
    const fw::MergeWork& work = record.outcome.merging.work;
    const uint64_t stored = counter_value(record.outcome.counters, spec::Counter::kBytesO);
    uint64_t row = 0;
    for (uint32_t pass = 0; pass < fw::sentinel_passes(job.sentinel.form); ++pass)
        row +=
            uint64_t{params.beats(uint64_t{4} * fw::value_columns(job, pass))} * params.bus_bytes;
    const bool good =
        work.calls_retried == 0 ? stored == work.rows * row : stored > work.rows * row;
    if (!good)
        throw std::logic_error(fmt::format("{} bytes of partial results were stored, {} merged",
                                           stored, work.rows * row));
}

/// Profile `stats`: every stored state is a partial result that firmware merged, or the lse of a
/// query tile that needed no merging.
void require_consistent_merging(const RunRecord& record) {
    const spec::DeviceParams& params = record.config.platform.params;
    const Problem& p = record.problem;
    const fw::MergeWork& work = record.outcome.merging.work;
    if (p.sentinel.given()) return require_consistent_shares(record);
    if (params.profile != spec::Profile::kStats) return;
    const uint64_t stored = counter_value(record.outcome.counters, spec::Counter::kBytesStateWrite);
    const uint64_t rows_by_device = record.layout.stored_rows() - work.rows_finished;
    const uint64_t state_row = (1 + uint64_t{params.beats(uint64_t{4} * p.d_v)}) * params.bus_bytes;
    const uint64_t merged = work.rows * state_row;
    const uint64_t lse = record.layout.job.want_lse ? rows_by_device * params.bus_bytes : 0;
    if (stored != merged + lse)
        throw std::logic_error(
            fmt::format("{} bytes of states were stored, {} merged, {} are lse of other rows",
                        stored, merged, lse));
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

/// What the memory has seen is what the devices have sent, and every column found its row somehow.
void require_consistent_memory(const RunRecord& record) {
    if (record.memory.channels.empty()) return;
    uint64_t port = 0;
    for (const hw::MemoryStream& stream : record.memory.streams) port += stream.bytes;
    const uint64_t device = total_bytes(record.outcome.counters);
    const DramSum sum = dram_sum(record.memory, record.config.platform.memory.dram);
    const hw::DramStats& s = sum.stats;
    const uint64_t forwarded =
        sum.stats.forwarded * record.config.platform.memory.dram.organisation.transaction_bytes;
    if (port != device || sum.bytes + forwarded < port)
        throw std::logic_error(
            fmt::format("{} bytes at the device's port, {} at the memory's, {} on its channels",
                        device, port, sum.bytes));
    if (s.hits + s.misses + s.conflicts != s.reads + s.writes)
        throw std::logic_error("row hits, misses and conflicts do not add up to the accesses");
}

}  // namespace

Execution::Execution(const RunOptions& options, Progress& progress) : progress_(progress) {
    progress_.phase("reading the input");
    record_.slots = slots_of(options);
    Job job = make_job(options, options.timing_only);
    record_.config = std::move(job.config);
    record_.problem = std::move(job.problem);
    record_.layout = std::move(job.layout);
    record_.candidates = std::move(job.candidates);
    count_packed_calls(record_);
    inputs_ = std::move(job.inputs);
    hw::PlatformConfig& platform = record_.config.platform;
    for (const Region& region : record_.layout.regions)
        platform.memory.streams.push_back(
            {region.name, region.address, region.address + region.bytes});
    platform.make_device = audit_device_ = device_factory(options, record_.config, "");
    if (record_.problem.approximation)
        record_.approximation = approximation_record(record_.problem, platform);
    platform.trace_commands = 0;
    record_.implementation = options.impl;
    record_.input = inputs_.description;
    record_.input_dtypes = dtypes_of(inputs_);
    record_.not_checked = reason_not_to_check(options, record_.problem);
    record_.exactness.accepted = options.accept_inexact;
}

void Execution::run(OutputStream* output) {
    if (record_.config.platform.devices > 1) start_single();
    if (record_.approximation) {
        hw::PlatformConfig config = record_.config.platform;
        config.make_device = audit_device_;
        audit_.emplace(record_.layout, inputs_, config);
    }
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
    single_.emplace(
        [config, this] {
            Platform platform(config);
            const Layout& layout = record_.layout;
            const RunOutcome outcome = layout.cover ? platform.run(cover_job(layout), layout.driver)
                                                    : platform.run(layout.jobs(), layout.driver);
            const uint64_t cycles = counter_value(outcome.counters, spec::Counter::kCycles);
            verify::Bytes bytes(sizeof cycles);
            std::memcpy(bytes.data(), &cycles, sizeof cycles);
            return bytes;
        },
        kSimulationSeconds);
}

void Execution::finish_single() {
    progress_.phase("simulating one device");
    const verify::Forked forked = single_->wait();
    if (!forked.failure.empty())
        throw std::runtime_error("the run on one device failed: " + forked.failure);
    std::memcpy(&record_.single_device_cycles, forked.bytes.data(),
                sizeof record_.single_device_cycles);
}

void Execution::simulate(OutputStream* output) {
    progress_.phase("simulating");
    const Stopwatch watch;
    const hw::PlatformConfig& config = record_.config.platform;
    Platform platform(config);
    const MemoryAccess memory = access_to(platform);
    const bool will_check = record_.not_checked.empty();
    if (inputs_.has_data) write_operands(inputs_, record_.layout, memory);
    if (output != nullptr && !audit_) {
        const auto release = [&](uint64_t address, uint64_t bytes) {
            platform.release(address, bytes);
        };
        output->attach(memory, will_check ? OutputStream::Release() : release);
        platform.observe_writes(
            [output](uint64_t address, uint64_t bytes) { output->stored(address, bytes); });
    }
    run_devices(platform);
    record_.memory = platform.memory_outcome();
    require_consistent(record_);
    require_consistent_merging(record_);
    require_consistent_memory(record_);
    if (will_check || audit_) o_ = read_output(record_.layout, memory);
    if (inputs_.has_data && record_.problem.want_lse) {
        lse_ = read_lse(record_.layout, memory, config.params.bus_bytes);
        if (output != nullptr) output->write_lse(lse_);
    }
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
    find_inexact(inputs_, nonfinite(memory, output), record_);
}

/// Memory that the output stream has released is gone.
ElementNames Execution::nonfinite(const MemoryAccess& memory, const OutputStream* output) const {
    if (output == nullptr || audit_) return host::nonfinite(record_.layout, memory);
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
    const hw::PlatformConfig& config = record_.config.platform;
    std::vector<Layout> layouts;
    std::vector<Platform::Jobs> jobs;
    std::vector<fw::CoverJob> covers;
    std::vector<fw::DriverConfig> drivers;
    for (uint32_t i = 0; i < config.devices; ++i) {
        layouts.push_back(record_.layout.of_device(i));
        jobs.push_back(layouts[i].jobs());
        if (layouts[i].cover) covers.push_back(cover_job(layouts[i]));
        drivers.push_back(layouts[i].driver);
    }
    if (record_.layout.remainder)
        record_.devices = {run_with_remainder(platform, record_.layout)};
    else if (!covers.empty())
        record_.devices = platform.run(covers, drivers);
    else
        record_.devices = platform.run(jobs, drivers);
    join_unresolved(record_.devices);
    for (uint32_t i = 0; i < config.devices; ++i)
        require_success(record_.devices[i], layouts[i], config.params);
    record_.outcome = combined(record_.devices);
}

void Execution::check() {
    if (!record_.not_checked.empty()) return;
    progress_.phase("checking");
    const Stopwatch watch;
    ReferenceOptions options;
    options.progress = [this](double done) { progress_.share(done); };
    const uint32_t m = record_.config.platform.params.m;
    const auto problem_on = [&](bool original) {
        const auto make = record_.approximation ? approximate_reference : reference_problem;
        return make(record_.problem, inputs_, m, original);
    };
    const ReferenceProblem problem = problem_on(false);
    const ReferenceResult reference = reference_attention(problem, options);
    const BoundParams bound{m, record_.problem.bf16_output, record_.problem.sentinel.form,
                            record_.approximation ? most_tiles_seen(*record_.problem.selection)
                                                  : most_calls(record_.layout)};
    record_.error = compare_with_reference(problem, reference, bound, o_.data(),
                                           lse_.empty() ? nullptr : lse_.data());
    if (inputs_.converted()) {
        options.moments = false;
        const ReferenceResult original = reference_attention(problem_on(true), options);
        record_.conversion = difference(reference.o, original.o);
    }
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
