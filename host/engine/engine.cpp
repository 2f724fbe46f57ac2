// SPDX-License-Identifier: MIT
#include "host/engine/engine.h"

#include <memory>
#include <utility>

#include "firmware/attention/sequencer.h"
#include "host/engine/fast_device.h"
#include "host/engine/fast_forward.h"

namespace tessera::host {
namespace {

/// The driver has accessed so many registers before it plans a command.
constexpr Cycle kInitCycles = Cycle{fw::Driver::kInitAccesses} * spec::kCsrAccessCycles;

/// Why not this job; nullptr: it can.
const char* why_not(const fw::AttentionJob& job) {
    if (job.sentinel.form != fw::SentinelForm::kNone || job.row_causal)
        return "firmware merges partial results";
    const bool lists = job.query_list.given() || job.key_list.given();
    if (lists || (job.mask.flags & spec::kMaskSummary) != 0)
        return "rows are gathered by lists, which lie in memory";
    return nullptr;
}

/// Of one device, whose jobs outlive this.
FastDevice device_of(const std::vector<fw::AttentionJob>& jobs, const fw::DriverConfig& driver,
                     const hw::PlatformConfig& config) {
    const FastRing ring{driver.ring_address, driver.ring_descriptors, 0, kInitCycles, false};
    fw::Sequencer sequencer(jobs.data(), static_cast<uint32_t>(jobs.size()), config.params,
                            driver.record_address);
    return FastDevice(config, ring,
                      std::make_unique<Submitted<fw::Sequencer>>(std::move(sequencer)), {});
}

RunOutcome outcome_of(const FastDevice& device) {
    RunOutcome outcome;
    outcome.firmware.calls = device.calls();
    outcome.counters = device.counters();
    const hw::TraceLog& trace = device.trace();
    outcome.commands = trace.commands();
    outcome.groups = trace.groups();
    outcome.stalls = trace.stalls();
    outcome.activity = trace.activity();
    outcome.window_start = device.window_start();
    outcome.commands_total = trace.total();
    const FastFirmware& firmware = device.firmware();
    outcome.firmware_cycles = kInitCycles + firmware.busy();
    outcome.firmware_wait_cycles = firmware.waited();
    outcome.end_cycle = firmware.now();
    return outcome;
}

}  // namespace

std::string why_not_fast(const Layout& layout, const hw::PlatformConfig& config) {
    const hw::MemoryConfig& memory = config.memory;
    if (!config.timing_only) return "there is data to compute with";
    if (config.make_device) return "the device is not the model";
    if (memory.kind == "dram") return "the memory is a DRAM";
    if (memory.stall.permille != 0) return "the memory stalls at random";
    if (!memory.faults.empty()) return "the memory has faults";
    if (config.params.profile != spec::Profile::kStateful)
        return "only devices of profile stateful keep what is not merged yet";
    if (layout.cover || layout.remainder) return "the schedule is a cover, or approximate";
    if (layout.driver.watchdog_cycles != 0) return "a watchdog is on";
    for (uint32_t i = 0; i < layout.devices; ++i)
        for (const fw::AttentionJob& job : layout.of_device(i).jobs())
            if (const char* reason = why_not(job)) return reason;
    return "";
}

FastRun run_fast(const Layout& layout, const hw::PlatformConfig& config,
                 const FastOptions& options) {
    FastRun run;
    uint64_t before = 0;  // calls of the devices that are through
    for (uint32_t i = 0; i < layout.devices; ++i) {
        const Layout own = layout.of_device(i);
        const std::vector<fw::AttentionJob> jobs = own.jobs();
        FastDevice device = device_of(jobs, own.driver, config);
        if (options.forward) device.fast_forward();
        if (options.progress)
            device.observe_calls([&](uint64_t calls) { options.progress(before + calls); });
        device.run();
        before += device.calls();
        run.periods += device.periods_passed();
        run.devices.push_back(outcome_of(device));
        run.memory.ports.push_back({device.port(false), device.port(true)});
    }
    return run;
}

}  // namespace tessera::host
