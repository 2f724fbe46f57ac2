// SPDX-License-Identifier: MIT
// What a simulation is built from, resolved: plain values, already checked.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hw_model/memory/memory_stats.h"
#include "spec/params.h"

namespace sc_core {
class sc_module_name;
}

namespace tessera::hw {

class DeviceBase;
struct PlatformConfig;
/// Makes device number `index` of a platform.
using DeviceFactory = std::function<std::unique_ptr<DeviceBase>(
    const sc_core::sc_module_name& name, const PlatformConfig& config, uint32_t index)>;

/// Random delays of single beats; a hash of seed, port, direction, burst and beat, never of time.
struct StallConfig {
    uint64_t seed = 0;
    uint32_t permille = 0;    ///< of beats that are delayed, 0 to 1000
    uint32_t max_cycles = 0;  ///< a delayed beat waits 1 to this many cycles
};

/// One burst that the memory answers with an error, for tests.
struct FaultConfig {
    uint32_t device = 0;
    bool write = false;
    uint64_t burst = 0;  ///< the n-th of this device and direction, from 0
    uint32_t beat = 0;   ///< first bad beat (reads)
};

struct MemoryConfig {
    std::string name = "ideal";
    std::string kind = "ideal";               ///< or "dram"
    uint64_t size_bytes = uint64_t{1} << 32;  ///< beyond it: bus error
    std::vector<FaultConfig> faults;
    std::vector<AddressRange> streams;  ///< what statistics tell apart
    // Kind `ideal`: fixed latency, one beat a cycle each way and device.
    uint32_t read_latency_cycles = 64;   ///< request taken to first beat
    uint32_t write_latency_cycles = 64;  ///< last write beat to response
    StallConfig stall;
    // Kind `dram`.
    DramSpec dram;
    uint32_t request_cycles = 20;         ///< device to controller, in device cycles
    uint32_t response_cycles = 20;        ///< and back
    uint32_t write_buffer_bytes = 16384;  ///< of each device: acknowledged, not yet in the DRAM
};

/// What firmware costs, in device cycles; the processor itself is not simulated.
struct FirmwareCosts {
    uint32_t plan_cycles = 24;        ///< to decide on one command and build its descriptor
    uint32_t descriptor_cycles = 16;  ///< to write its 16 words, posted one a cycle
    /// To merge one element: a 256-bit vector unit takes 8 instructions for 8 of them
    /// (docs/inside/firmware.md).
    double merge_cycles_per_element = 1;
    /// Elementwise work on the same vector unit, by the class of its element: 8, 32, 4, 10 and 4
    /// instructions for 8 of them (docs/inside/firmware.md).
    double arithmetic_cycles_per_element = 1;
    double function_cycles_per_element = 4;
    double statistic_cycles_per_element = 0.5;
    double rotary_cycles_per_element = 1.25;
    double move_cycles_per_element = 0.5;
};

struct PlatformConfig {
    spec::DeviceParams params;
    MemoryConfig memory;
    FirmwareCosts firmware;
    uint32_t devices = 1;
    uint32_t cycle_fs = 1000000;           ///< device cycle, for memories with a clock of their own
    bool timing_only = false;              ///< cycles and counters, no tensor data
    uint64_t trace_commands = UINT64_MAX;  ///< keep trace records of the first so many commands
    DeviceFactory make_device;             ///< empty: the SystemC model
};

}  // namespace tessera::hw
