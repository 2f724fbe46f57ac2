// SPDX-License-Identifier: MIT
#include "host/cli/run_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>

#include "host/cli/device_error.h"
#include "host/cli/job.h"
#include "host/cli/output_folder.h"
#include "host/cli/progress.h"
#include "host/error.h"
#include "host/io/output_file.h"
#include "host/report/counters.h"
#include "host/report/dram.h"
#include "host/report/formulas.h"
#include "host/report/report_json.h"
#include "host/report/table.h"
#include "host/verify/forked.h"

namespace tessera::host {
namespace {

constexpr uint64_t kDefaultTraceCommands = 20000;
constexpr uint32_t kCheckedTokens = 4096;  ///< up to here the check is on by default

/// Seconds since it was made.
class Stopwatch {
  public:
    double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Why the result is not to be checked; nothing if it is.
std::string reason_not_to_check(const RunOptions& options, const Problem& problem) {
    if (options.timing_only) return "timing only: there is no result";
    if (options.check) return *options.check ? "" : "--no-check";
    if (std::max(problem.nq, problem.nk) <= kCheckedTokens) return "";
    return fmt::format("over {} tokens; --check compares with double precision",
                       with_commas(kCheckedTokens));
}

/// Counter identities and the number of calls: a difference is a bug, never a result.
void require_consistent(const RunRecord& record) {
    const CounterValues& counters = record.outcome.counters;
    const uint64_t calls = counter_value(counters, spec::Counter::kAttendsRetired);
    const uint64_t formula = work_formula(record.problem, record.config.platform.params.m).calls;
    if (calls != formula)
        throw std::logic_error(
            fmt::format("{} calls were made, the formula says {}", calls, formula));
    if (const char* engine = broken_identity(counters, record.config.platform.devices))
        throw std::logic_error(
            fmt::format("busy, stalled and idle cycles of {} do not add up to cycles", engine));
}

/// On a device of profile `stats` every stored state is a partial result that firmware merged, or
/// the lse of a query tile that needed no merging.
void require_consistent_merging(const RunRecord& record) {
    const spec::DeviceParams& params = record.config.platform.params;
    const Problem& p = record.problem;
    if (params.profile != spec::Profile::kStats) return;
    const fw::MergeWork& work = record.outcome.merging.work;
    const uint64_t stored = counter_value(record.outcome.counters, spec::Counter::kBytesStateWrite);
    const uint64_t rows_by_device = uint64_t{p.query_heads} * p.nq - work.rows_finished;
    const uint64_t state_row = (1 + uint64_t{params.beats(uint64_t{4} * p.d_v)}) * params.bus_bytes;
    const uint64_t merged = work.rows * state_row;
    const uint64_t lse = p.want_lse ? rows_by_device * params.bus_bytes : 0;
    if (stored != merged + lse)
        throw std::logic_error(
            fmt::format("{} bytes of states were stored, {} merged, {} are lse of other rows",
                        stored, merged, lse));
}

/// What the memory has seen is what the devices have sent, and every column found its row somehow.
void require_consistent_memory(const RunRecord& record) {
    if (record.memory.channels.empty()) return;
    uint64_t port = 0;
    for (const hw::MemoryStream& stream : record.memory.streams) port += stream.bytes;
    const uint64_t device = total_bytes(record.outcome.counters);
    const DramSum sum = dram_sum(record.memory, record.config.platform.memory.dram);
    const hw::DramStats& s = sum.stats;
    if (port != device || sum.bytes < port)
        throw std::logic_error(
            fmt::format("{} bytes at the device's port, {} at the memory's, {} on its channels",
                        device, port, sum.bytes));
    if (s.hits + s.misses + s.conflicts != s.reads + s.writes)
        throw std::logic_error("row hits, misses and conflicts do not add up to the accesses");
}

/// A result must not replace what it was made from, nor another result.
void refuse_overwriting(const RunOptions& o) {
    namespace fs = std::filesystem;
    const std::vector<std::string> inputs = {
        o.input, o.q, o.k, o.v, o.tile_mask, o.device, o.memory.value_or("")};
    std::vector<std::pair<const char*, std::string>> outputs;
    if (!o.out.empty())
        for (const std::string& name : OutputFolder::all_file_names())
            outputs.emplace_back("--out", (fs::path(o.out) / name).string());
    if (!o.wave.empty()) outputs.emplace_back("--wave", o.wave);
    for (const auto& [option, output] : outputs) {
        std::error_code error;
        for (const std::string& input : inputs)
            if (!input.empty() && fs::equivalent(input, output, error))
                throw bad_value("command line", option, output, "a file that is not read as well");
        if (!o.wave.empty() && o.wave != output &&
            fs::weakly_canonical(o.wave, error) == fs::weakly_canonical(output, error))
            throw bad_value("command line", "--wave", o.wave, "a name that --out does not use");
    }
}

class Run {
  public:
    Run(const RunOptions& options, const std::vector<std::string>& command_line)
        : options_(options) {
        record_.command_line = command_line;
    }

    int operator()() {
        prepare();
        if (!options_.out.empty()) folder_.emplace(options_.out);
        if (folder_ && inputs_.has_data) output_.emplace(folder_->tensors_file(), record_);
        if (record_.config.platform.devices > 1) start_single();
        simulate();
        if (single_) finish_single();
        check();
        progress_.finish();
        if (folder_) {
            record_.files = OutputFolder::file_names(record_);
            folder_->write_files(record_, output_ ? &*output_ : nullptr);
        }
        if (wave_) wave_->commit();
        print();
        return record_.error && !record_.error->within_bound() ? kExitMismatch : kExitGood;
    }

  private:
    void prepare() {
        progress_.phase("reading the input");
        Job job = make_job(options_, options_.timing_only);
        record_.config = std::move(job.config);
        record_.problem = std::move(job.problem);
        record_.layout = std::move(job.layout);
        record_.candidates = std::move(job.candidates);
        inputs_ = std::move(job.inputs);
        hw::PlatformConfig& platform = record_.config.platform;
        refuse_overwriting(options_);
        if (!options_.wave.empty()) {
            wave_.emplace(options_.wave);
            hierarchy_.emplace(wave_->temporary() + ".hier");  // beside it while it is written
        }
        for (const Region& region : record_.layout.regions)
            platform.memory.streams.push_back(
                {region.name, region.address, region.address + region.bytes});
        platform.make_device =
            device_factory(options_, record_.config, wave_ ? wave_->temporary() : std::string());
        platform.trace_commands = options_.out.empty() ? 0 : traced_commands_each(platform.devices);
        record_.implementation = options_.impl;
        record_.input = inputs_.description;
        record_.input_dtypes = dtypes_of(inputs_);
        record_.not_checked = reason_not_to_check(options_, record_.problem);
    }

    /// All devices together have as many as one alone.
    uint64_t traced_commands_each(uint32_t devices) const {
        const uint64_t all = options_.trace_commands.value_or(kDefaultTraceCommands);
        return all / devices + (all % devices != 0 ? 1 : 0);
    }

    /// The same on one device, for comparison: beside the run, in a process of its own, since
    /// SystemC elaborates once.
    void start_single() {
        hw::PlatformConfig config = record_.config.platform;
        config.devices = 1;
        config.timing_only = true;
        config.trace_commands = 0;
        config.make_device = nullptr;
        constexpr unsigned kSeconds = 24 * 3600;
        single_.emplace(
            [config, this] {
                Platform platform(config);
                const fw::AttentionJob& job = record_.layout.job;
                const uint64_t cycles = counter_value(
                    platform.run(job, record_.layout.driver).counters, spec::Counter::kCycles);
                verify::Bytes bytes(sizeof cycles);
                std::memcpy(bytes.data(), &cycles, sizeof cycles);
                return bytes;
            },
            kSeconds);
    }

    void finish_single() {
        progress_.phase("simulating one device");
        const verify::Forked forked = single_->wait();
        if (!forked.failure.empty())
            throw std::runtime_error("the run on one device failed: " + forked.failure);
        std::memcpy(&record_.single_device_cycles, forked.bytes.data(),
                    sizeof record_.single_device_cycles);
    }

    void simulate() {
        progress_.phase("simulating");
        const Stopwatch watch;
        const hw::PlatformConfig& config = record_.config.platform;
        Platform platform(config);
        const MemoryAccess memory = [&](uint64_t address, uint64_t bytes) {
            return platform.memory(address, bytes);
        };
        const bool will_check = record_.not_checked.empty();
        if (inputs_.has_data) write_operands(inputs_, record_.layout, memory);
        if (output_) {
            const auto release = [&](uint64_t address, uint64_t bytes) {
                platform.release(address, bytes);
            };
            output_->attach(memory, will_check ? OutputStream::Release() : release);
            platform.observe_writes(
                [this](uint64_t address, uint64_t bytes) { output_->stored(address, bytes); });
        }
        run_devices(platform);
        record_.memory = platform.memory_outcome();
        require_consistent(record_);
        require_consistent_merging(record_);
        require_consistent_memory(record_);
        if (will_check) o_ = read_output(record_.layout, memory);
        if (inputs_.has_data && record_.problem.want_lse) {
            lse_ = read_lse(record_.layout, memory, config.params.bus_bytes);
            if (output_) output_->write_lse(lse_);
        }
        record_.simulation_seconds = watch.seconds();
    }

    /// Each device its share, at the same time.
    void run_devices(Platform& platform) {
        const hw::PlatformConfig& config = record_.config.platform;
        std::vector<Layout> layouts;
        std::vector<fw::AttentionJob> jobs;
        std::vector<fw::DriverConfig> drivers;
        for (uint32_t i = 0; i < config.devices; ++i) {
            layouts.push_back(record_.layout.of_device(i));
            jobs.push_back(layouts[i].job);
            drivers.push_back(layouts[i].driver);
        }
        record_.devices = platform.run(jobs, drivers);
        for (uint32_t i = 0; i < config.devices; ++i)
            require_success(record_.devices[i], layouts[i], config.params);
        record_.outcome = combined(record_.devices);
    }

    void check() {
        if (!record_.not_checked.empty()) return;
        progress_.phase("checking");
        const Stopwatch watch;
        ReferenceOptions options;
        options.progress = [this](double done) { progress_.share(done); };
        const uint32_t m = record_.config.platform.params.m;
        const ReferenceProblem problem = reference_problem(record_.problem, inputs_, m, false);
        const ReferenceResult reference = reference_attention(problem, options);
        const BoundParams bound{m, record_.problem.bf16_output};
        record_.error = compare_with_reference(problem, reference, bound, o_.data(),
                                               lse_.empty() ? nullptr : lse_.data());
        if (inputs_.converted()) {
            options.moments = false;
            const ReferenceResult original =
                reference_attention(reference_problem(record_.problem, inputs_, m, true), options);
            record_.conversion = difference(reference.o, original.o);
        }
        record_.check_seconds = watch.seconds();
    }

    void print() const {
        if (options_.format == "json") {
            fmt::print("{}\n",
                       report_json(record_).dump(2, ' ', false,
                                                 nlohmann::ordered_json::error_handler_t::replace));
            return;
        }
        fmt::print("{}", report_table(record_));
        if (!folder_) return;
        fmt::print("\nfiles in {}:", options_.out);
        for (const std::string& name : record_.files) fmt::print(" {}", name);
        fmt::print("\n");
        const uint64_t traced = commands_traced(record_.devices);
        const uint64_t total = record_.outcome.commands_total;
        if (traced < total)
            fmt::print(
                "trace.json: the first {} of {} commands; activity of the whole run as means "
                "over windows\n",
                with_commas(traced), with_commas(total));
    }

    const RunOptions& options_;
    Progress progress_;
    RunRecord record_;
    Inputs inputs_;
    std::optional<OutputFolder> folder_;
    std::optional<OutputStream> output_;
    std::optional<OutputFile> wave_;
    std::optional<Cleanup> hierarchy_;
    std::optional<verify::ForkedWork> single_;
    std::vector<float> o_;  // to be checked
    std::vector<double> lse_;
};

}  // namespace

int run_command(const RunOptions& options, const std::vector<std::string>& command_line) {
    return Run(options, command_line)();
}

}  // namespace tessera::host
