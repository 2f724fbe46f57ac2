// SPDX-License-Identifier: MIT
// The whole machine in one SystemC simulation: devices, memory, and a processor that runs the
// firmware. One Platform per process; SystemC cannot elaborate a second one.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "firmware/job.h"
#include "firmware/status.h"
#include "hw_model/config.h"
#include "hw_model/trace.h"
#include "spec/counters.h"

namespace tessera::host {

/// What a run left behind. Cycles are device cycles.
struct RunOutcome {
    fw::Status status;
    std::array<uint64_t, spec::kCounters> counters{};
    std::vector<hw::CommandTrace> commands;  ///< in dispatch order, the first trace_commands
    std::vector<hw::GroupTrace> groups;      ///< lane groups of those commands
    uint64_t commands_total = 0;
    uint64_t firmware_cycles = 0;       ///< processor busy: planning and writing descriptors
    uint64_t firmware_wait_cycles = 0;  ///< processor waiting for the interrupt
    uint64_t end_cycle = 0;             ///< firmware returned
};

class Platform {
  public:
    explicit Platform(const hw::PlatformConfig& config);
    ~Platform();

    /// Device memory, [address, address + bytes); throws std::out_of_range beyond its size.
    uint8_t* memory(uint64_t address, uint64_t bytes);
    /// Runs firmware on `job` until it returns.
    RunOutcome run(const fw::AttentionJob& job, const fw::DriverConfig& driver);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tessera::host
