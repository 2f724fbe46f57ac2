// SPDX-License-Identifier: MIT
#include "host/run/consistency.h"

#include <fmt/format.h>

#include <stdexcept>

#include "firmware/merge/sentinel.h"
#include "host/platform/counters.h"
#include "host/predict/formulas.h"

namespace tessera::host {
namespace {

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

/// What the memory has seen is what the devices have sent, and every column found its row somehow.
void require_consistent_memory(const RunRecord& record) {
    if (record.memory.channels.empty()) return;
    uint64_t port = 0;
    for (const hw::MemoryStream& stream : record.memory.streams) port += stream.bytes;
    const uint64_t device = total_bytes(record.outcome.counters);
    uint64_t transactions = 0, forwarded = 0, accesses = 0;
    for (const hw::DramStats& channel : record.memory.channels) {
        transactions += channel.reads + channel.writes;
        forwarded += channel.forwarded;
        accesses += channel.hits + channel.misses + channel.conflicts;
    }
    const uint64_t bytes = record.config.platform.memory.dram.organisation.transaction_bytes;
    if (port != device || (transactions + forwarded) * bytes < port)
        throw std::logic_error(
            fmt::format("{} bytes at the device's port, {} at the memory's, {} on its channels",
                        device, port, transactions * bytes));
    if (accesses != transactions)
        throw std::logic_error("row hits, misses and conflicts do not add up to the accesses");
}

}  // namespace

void require_consistent_counters(const RunOutcome& outcome, uint64_t formula, uint32_t devices) {
    const uint64_t calls = counter_value(outcome.counters, spec::Counter::kAttendsRetired);
    const uint64_t retried = outcome.merging.work.calls_retried;
    if (calls != formula + retried)
        throw std::logic_error(
            fmt::format("{} calls were made, {} of them retried; the formula says {}", calls,
                        retried, formula));
    if (const char* engine = broken_identity(outcome.counters, devices))
        throw std::logic_error(
            fmt::format("busy, stalled and idle cycles of {} do not add up to cycles", engine));
}

void require_consistent(const RunRecord& record) {
    const hw::PlatformConfig& platform = record.config.platform;
    require_consistent_counters(
        record.outcome, work_formula(record.problem, platform.params.m).calls, platform.devices);
    require_consistent_merging(record);
    require_consistent_memory(record);
}

uint64_t packed_calls_of(const RunRecord& record) {
    if (!record.slots) return 0;
    const uint32_t m = record.config.platform.params.m;
    const uint64_t calls = pack_calls(record.layout.jobs(), m, *record.slots).calls();
    const uint64_t formula =
        packed_calls_formula(work_formula(record.problem, m).calls, *record.slots);
    if (calls != formula)
        throw std::logic_error(
            fmt::format("calls were packed into {}, the formula says {}", calls, formula));
    return calls;
}

}  // namespace tessera::host
