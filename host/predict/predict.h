// SPDX-License-Identifier: MIT
// What a schedule will cost, before it is run: firmware's own commands through the recurrences of
// docs/contract/timing.md, without data and without SystemC, and firmware's merging beside them.
// One device has a DRAM's channels behind it, several share a latency and a bandwidth. Bytes are
// exact, but for lines of commands that FENCEs of merging cut; cycles are for choosing between
// schedules (docs/results/schedules.md, section 3, says how near).
#pragma once
#include <cstdint>

#include "firmware/driver/driver.h"
#include "host/operation/gemm.h"
#include "host/operation/layout.h"
#include "hw_model/config.h"
#include "spec/latency.h"

namespace tessera::host {

struct Prediction {
    uint64_t cycles = 0;    ///< counter `cycles`
    uint64_t bytes = 0;     ///< sum of the counters bytes_
    uint64_t calls = 0;     ///< ATTENDs
    uint64_t commands = 0;  ///< all that the driver submits, its last FENCE too
    /// From when the driver begins to plan commands until the processor sees that its last FENCE
    /// has retired.
    uint64_t retired = 0;
};

/// Where the machine is when a job begins: at its start, or behind other jobs.
struct JobStart {
    uint64_t submitted = 0;  ///< commands that the driver has put into its ring
    /// When the driver begins to plan commands. A DRAM refreshes by this time.
    uint64_t cycle = uint64_t{fw::Driver::kInitAccesses} * spec::kCsrAccessCycles;
    bool ring_open = false;  ///< a DRAM still has the rows of the ring open
};

/// Of a gemm, whatever its matrices hold.
Prediction predict(const GemmLayout& layout, const hw::PlatformConfig& config,
                   const JobStart& start = {});
/// Of all devices that share the job and the memory: the slowest one's cycles, everybody's bytes.
Prediction predict(const Layout& layout, const hw::PlatformConfig& config,
                   const JobStart& start = {});
/// Of a FENCE by itself, which follows elementwise work.
Prediction predict_fence(const fw::DriverConfig& driver, const hw::PlatformConfig& config,
                         const JobStart& start);

}  // namespace tessera::host
