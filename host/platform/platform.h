// SPDX-License-Identifier: MIT
// The whole machine in one SystemC simulation: devices, memory, and for each device a processor
// that runs the firmware. One Platform per process; SystemC cannot elaborate a second one.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "firmware/cover/cover_job.h"
#include "firmware/driver/bus.h"
#include "firmware/driver/driver_config.h"
#include "firmware/driver/status.h"
#include "firmware/merge/accounting.h"
#include "firmware/merge/merger.h"
#include "firmware/plan/job.h"
#include "hw_model/config.h"
#include "hw_model/core/trace.h"
#include "spec/counters.h"

namespace tessera::fw {
class Runner;
}

namespace tessera::host {

/// What a program sees of its processor: firmware's bus, and who keeps account of firmware's work.
class ProcessorBus : public fw::WordByWordBus {
  public:
    virtual fw::Accounting& accounting() = 0;

  protected:
    ~ProcessorBus() = default;
};

/// Where a processor sees the registers of its device; below is memory.
inline constexpr uint64_t kCsrBase = uint64_t{1} << 48;

/// Commands of one device, by their numbers.
struct CommandRange {
    uint64_t first = 0, count = 0;
};

/// What firmware merged, and the cycles it took its processor.
struct MergeOutcome {
    fw::MergeWork work;
    uint64_t cycles = 0;
    /// With a sentinel: commands of retries, ascending.
    std::vector<CommandRange> retried;
};

/// What elementwise work took: elements by their class, and cycles of the processor.
struct ElementwiseOutcome {
    std::array<uint64_t, fw::kElementClasses> elements{};
    uint64_t bytes_read = 0, bytes_written = 0;
    uint64_t cycles = 0;
};
/// What `work` takes a processor with these costs: each class its own time, rounded up.
ElementwiseOutcome elementwise_outcome(const fw::ElementWork& work, const hw::FirmwareCosts& costs);

/// What firmware says at its end.
struct FirmwareOutcome {
    fw::Status status;
    uint64_t calls = 0;  ///< ATTENDs it issued
    fw::Unresolved unresolved;
};

/// What a run left behind. Cycles are device cycles.
struct RunOutcome {
    FirmwareOutcome firmware;
    std::array<uint64_t, spec::kCounters> counters{};
    std::vector<hw::CommandTrace> commands;  ///< in dispatch order, the first trace_commands
    std::vector<hw::LaneGroupTrace> groups;  ///< lane groups of those commands
    std::vector<hw::StallTrace> stalls;      ///< as long as all commands are among those; RTL: none
    hw::StageActivity activity;
    uint64_t window_start = hw::kNever;  ///< first of the cycles that are counted; RTL: not known
    uint64_t commands_total = 0;
    uint64_t firmware_cycles = 0;  ///< processor busy: register accesses, planning, descriptors
    uint64_t firmware_wait_cycles = 0;  ///< processor waiting for the interrupt
    MergeOutcome merging;               ///< not in firmware_cycles
    ElementwiseOutcome elementwise;     ///< nor this
    uint64_t end_cycle = 0;             ///< firmware returned
};

class Platform {
  public:
    /// A program for one processor; it may use the bus until it returns.
    using Program = std::function<void(ProcessorBus&)>;
    /// Jobs that firmware runs one after the other.
    using Jobs = std::vector<fw::AttentionJob>;
    /// What to run on a driver that is ready.
    using Work = std::function<fw::Status(fw::Runner&)>;
    /// Firmware at work: what comes of it goes to `outcome`. driver.csr_base is ignored.
    static Program firmware(const Work& work, fw::DriverConfig driver, FirmwareOutcome& outcome);
    static Program firmware(const Jobs& jobs, fw::DriverConfig driver, FirmwareOutcome& outcome);
    static Program firmware(const fw::CoverJob& job, fw::DriverConfig driver,
                            FirmwareOutcome& outcome);

    /// Throws hw::NoAddressSpace if the host has no room for the memory.
    explicit Platform(const hw::PlatformConfig& config);
    ~Platform();

    /// Device memory, [address, address + bytes); throws std::out_of_range beyond its size.
    uint8_t* memory(uint64_t address, uint64_t bytes);
    /// `observer` is told of every range of device memory that a device writes, or a processor
    /// outside its ring. What it throws ends the run and comes out of it.
    void observe_writes(std::function<void(uint64_t address, uint64_t bytes)> observer);
    /// `observer` is told of every call that a device begins.
    void observe_calls(const std::function<void()>& observer);
    /// Gives back host memory: what the range holds is lost.
    void release(uint64_t address, uint64_t bytes);
    /// Runs the firmware on jobs (device 0) until it returns. driver.csr_base is ignored.
    /// Throws std::runtime_error with the engines' state if the machine hangs.
    RunOutcome run(const Jobs& jobs, fw::DriverConfig driver);
    RunOutcome run(const fw::CoverJob& job, fw::DriverConfig driver);
    RunOutcome run(const Work& work, fw::DriverConfig driver);
    /// The same with work for each device, at the same time.
    std::vector<RunOutcome> run(const std::vector<Work>& works,
                                const std::vector<fw::DriverConfig>& drivers);
    std::vector<RunOutcome> run(const std::vector<Jobs>& jobs,
                                const std::vector<fw::DriverConfig>& drivers);
    std::vector<RunOutcome> run(const std::vector<fw::CoverJob>& jobs,
                                const std::vector<fw::DriverConfig>& drivers);
    /// Runs one program per device at the same time; `rings` says where descriptors are written.
    /// Outcome i has device i's counters and trace; `status` and `calls` are the caller's business.
    std::vector<RunOutcome> run_programs(const std::vector<Program>& programs,
                                         const std::vector<fw::DriverConfig>& rings);
    /// What the memory counted; serves what is still waiting there. Channels only for kind `dram`.
    hw::MemoryOutcome memory_outcome();
    /// Device cycles since the start of the simulation.
    uint64_t now() const;
    /// Register accesses behind each run: the host looks at all counters.
    static constexpr uint64_t kCounterAccesses = uint64_t{2} * spec::kCounters;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tessera::host
