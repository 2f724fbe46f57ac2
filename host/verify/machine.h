// SPDX-License-Identifier: MIT
// A small machine that is verified: device, memory and processor, in a process of its own, and
// everything that a run leaves behind.
#pragma once
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "firmware/driver/bus.h"
#include "firmware/driver/driver.h"
#include "host/operation/layout.h"
#include "host/operation/operation.h"
#include "host/platform/platform.h"
#include "host/run/forked.h"
#include "spec/command.h"
#include "spec/registers.h"

namespace tessera::verify {

using host::Bytes;
using host::Forked;
using host::run_forked;

class Machine;

/// A register write, with the cycle in which the device sampled it.
struct RegisterWrite {
    uint64_t cycle = 0;
    spec::Reg reg = spec::Reg::kId;
    uint32_t value = 0;
};

/// How a step of a program ended.
struct StepEnd {
    std::string name;
    uint64_t cycle = 0;
    uint64_t result = 0;  ///< a digest of its bits
    uint64_t processor_bytes = 0, firmware_cycles = 0;
    uint64_t checked = 0, outside = 0;  ///< elements held against double precision
    std::string inexact;                ///< why the result is known not to be exact; or empty
};

/// What a simulation left behind.
struct Outcome {
    std::string failure;  ///< as Forked; nothing else is valid then
    fw::Status status;
    std::array<uint64_t, spec::kCounters> counters{};
    std::vector<hw::CommandTrace> commands;
    std::vector<hw::LaneGroupTrace> groups;
    std::vector<RegisterWrite> writes;
    std::vector<host::CommandRange> retried;  ///< as MergeOutcome
    std::vector<StepEnd> steps;               ///< of a program
    std::vector<uint64_t> notes;  ///< whatever the body wants to tell, such as registers it read
    Bytes memory;                 ///< [0, memory_bytes), or what the body puts there
    uint64_t calls = 0;
    uint64_t rows_saturated = 0;  ///< that firmware found while it merged
    uint64_t end = 0;             ///< cycle in which the body was over
    double seconds = 0;           ///< wall clock of the body
    std::vector<Outcome> others;  ///< what devices 1, 2, ... have of the above

    uint64_t counter(spec::Counter c) const { return counters[static_cast<size_t>(c)]; }
};

/// What happens on a machine.
using Body = std::function<void(Machine&, Outcome&)>;

/// Memory of these machines: data from 0 on, then the ring and the driver's completion record.
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
    /// Runs a program on processor 0; `out` gets counters, traces and the register writes. The
    /// ring is where `driver` says.
    void run(const host::Platform::Program& program, const fw::DriverConfig& driver, Outcome& out);
    void run(const host::Platform::Program& program, Outcome& out) {
        run(program, driver_config(), out);
    }
    /// Runs an operation that is placed and has its operands on all its devices; device 0 goes to
    /// `out`.
    void run(const host::Operation& operation, Outcome& out);
    /// The same of an attention job, `layout` says how.
    void run(const host::Layout& layout, Outcome& out);
    /// Driver settings of this memory map.
    fw::DriverConfig driver_config(uint32_t ring_descriptors = 64, uint32_t watchdog = 0) const;

  private:
    struct Devices;
    void run(Devices& devices, Outcome& out);

    host::Platform platform_;
};

/// Past the driver: descriptors with their own tags, RING_TAIL as `feed` says. The last command
/// must be an interrupting FENCE. Returns when it has retired, or at an error.
void feed_raw(Machine& machine, fw::Bus& bus, const std::vector<spec::Descriptor>& descriptors,
              const Feed& feed);
std::vector<spec::Descriptor> encode_all(const std::vector<spec::Command>& commands);

/// Reads a register; throws if the bus answers with an error.
uint32_t read_register(fw::Bus& bus, spec::Reg reg);
/// Writes a register; throws likewise.
void write_register(fw::Bus& bus, spec::Reg reg, uint32_t value);

/// Who wants to know how far a run is.
struct Watch {
    uint64_t calls = 0;                 ///< ATTENDs that the devices will begin
    std::function<void(double)> share;  ///< is told the share of them that has begun
};

/// Builds a machine in a child process, runs `body` there and brings `Outcome` back, with the first
/// `memory_bytes` of memory.
Outcome run_machine(const hw::PlatformConfig& config, const Body& body, uint64_t memory_bytes = 0,
                    unsigned timeout_seconds = 60, const Watch& watch = {});

/// A machine with that device and a small memory.
hw::PlatformConfig machine_config(const spec::DeviceParams& params);

/// A FENCE that interrupts, its record at `address`.
spec::Command make_fence(uint64_t address = kRecordAddress);

}  // namespace tessera::verify
