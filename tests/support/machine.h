// SPDX-License-Identifier: MIT
// A simulated machine for tests: device, memory and processor, in a process of its own (SystemC
// elaborates once per process), so that a crash or a hang of a simulation is a plain result.
#pragma once
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "firmware/driver.h"
#include "host/platform/platform.h"
#include "host/platform/processor.h"
#include "spec/command.h"
#include "spec/registers.h"

namespace tessera::test {

using Bytes = std::vector<uint8_t>;

/// What a forked piece of work sent back.
struct Forked {
    std::string failure;  ///< empty: the work returned; else exception, signal or timeout
    Bytes bytes;
};
/// Runs `work` in a child process, which is killed after so many seconds.
Forked run_forked(const std::function<Bytes()>& work, unsigned timeout_seconds = 60);

/// A register write, with the cycle in which the device sampled it.
struct RegisterWrite {
    uint64_t cycle = 0;
    spec::Reg reg = spec::Reg::kId;
    uint32_t value = 0;
};

/// What a simulation left behind.
struct Outcome {
    std::string failure;  ///< as Forked; nothing else is valid then
    fw::Status status;
    std::array<uint64_t, spec::kCounters> counters{};
    std::vector<hw::CommandTrace> commands;
    std::vector<hw::GroupTrace> groups;
    std::vector<RegisterWrite> writes;
    std::vector<uint64_t> notes;  ///< whatever the test's body wants to tell
    Bytes memory;                 ///< [0, memory_bytes), or what the test's body puts there
    uint64_t calls = 0;

    uint64_t counter(spec::Counter c) const { return counters[static_cast<size_t>(c)]; }
};

/// Memory of test machines: data from 0 on, then the ring and the driver's completion record.
inline constexpr uint64_t kDataBytes = 768 * 1024;
inline constexpr uint64_t kRecordAddress = kDataBytes;
inline constexpr uint64_t kRingAddress = kDataBytes + 4096;
inline constexpr uint64_t kMemoryBytes = kRingAddress + 64 * 1024;

/// How raw descriptors reach the device: RING_TAIL moves by 1 to max_step, after up to max_delay
/// reads of a register.
struct Feed {
    uint32_t ring_descriptors = 256;
    uint32_t max_step = 256;
    uint32_t max_delay = 0;
    uint64_t seed = 1;
    uint32_t watchdog_cycles = 0;
    bool reset = false;          ///< begin with Driver::reset
    uint32_t settle_cycles = 0;  ///< wait so long before returning
};

class Machine {
  public:
    explicit Machine(const hw::PlatformConfig& config) : platform_(config) {}

    host::Platform& platform() { return platform_; }
    uint8_t* memory(uint64_t address, uint64_t bytes) { return platform_.memory(address, bytes); }
    void write_memory(uint64_t address, const Bytes& bytes) {
        std::memcpy(memory(address, bytes.size()), bytes.data(), bytes.size());
    }
    /// Runs a program on processor 0; `out` gets counters, traces and the register writes.
    void run(const host::Platform::Program& program, Outcome& out);
    /// Driver settings of this memory map.
    fw::DriverConfig driver_config(uint32_t ring_descriptors = 64, uint32_t watchdog = 0) const;

  private:
    host::Platform platform_;
};

/// The driver's own way: submits every command, then a FENCE.
fw::Status submit_all(fw::Driver& driver, const std::vector<spec::Command>& commands);
/// Past the driver: descriptors with their own tags, RING_TAIL as `feed` says. The last command
/// must be an interrupting FENCE. Returns when it has retired, or at an error.
void feed_raw(Machine& machine, fw::Bus& bus, const std::vector<spec::Descriptor>& descriptors,
              const Feed& feed);
std::vector<spec::Descriptor> encode_all(const std::vector<spec::Command>& commands);

/// Reads a register; throws if the bus answers with an error.
uint32_t read_register(fw::Bus& bus, spec::Reg reg);
/// Writes a register; throws likewise.
void write_register(fw::Bus& bus, spec::Reg reg, uint32_t value);

/// Builds a machine in a child process, runs `body` there and brings `Outcome` back, with the first
/// `memory_bytes` of memory.
Outcome run_machine(const hw::PlatformConfig& config,
                    const std::function<void(Machine&, Outcome&)>& body, uint64_t memory_bytes = 0,
                    unsigned timeout_seconds = 60);

/// Presets by name: tiny, small, base; "odd" is M=48, D=24, LANES=3, INTERLEAVE=2, 16 bytes.
spec::DeviceParams device_params(const std::string& preset);
/// A machine with that device and a small memory.
hw::PlatformConfig machine_config(const spec::DeviceParams& params);

/// A LOAD_Q/K/V or STORE with tight rows, for tests that write commands by hand.
spec::Command make_load(spec::Opcode opcode, uint32_t bank, uint64_t address, uint32_t rows,
                        uint32_t d, const spec::DeviceParams& params);
spec::Command make_attend(uint32_t rows, uint32_t keys, uint32_t d_k, uint32_t d_v);
spec::Command make_store(spec::Opcode opcode, uint32_t bank, uint64_t address, uint32_t rows,
                         uint32_t d_v, const spec::DeviceParams& params, uint32_t flags = 0);
spec::Command make_fence(uint64_t address = kRecordAddress);

}  // namespace tessera::test
