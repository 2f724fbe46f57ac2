// SPDX-License-Identifier: MIT
#include "host/verify/machine.h"

#include <chrono>
#include <stdexcept>

#include "host/operation/attention_operation.h"
#include "host/run/bytes.h"
#include "host/run/machine.h"
#include "host/run/platform_memory.h"

namespace tessera::verify {
namespace {

template <typename Visitor, typename SomeSteps>
void visit_steps(Visitor& v, SomeSteps& steps) {
    v.length(steps);
    for (auto& step : steps) {
        v.text(step.name);
        v.value(step.cycle);
        v.value(step.result);
        v.value(step.processor_bytes);
        v.value(step.firmware_cycles);
        v.value(step.checked);
        v.value(step.outside);
        v.text(step.inexact);
    }
}

template <typename Visitor, typename SomeOutcome>
void visit(Visitor& v, SomeOutcome& o) {
    v.value(o.status);
    v.value(o.counters);
    v.list(o.commands);
    v.list(o.groups);
    v.list(o.writes);
    v.list(o.retried);
    visit_steps(v, o.steps);
    v.list(o.notes);
    v.list(o.memory);
    v.value(o.calls);
    v.value(o.rows_saturated);
    v.value(o.end);
    v.value(o.seconds);
    v.length(o.others);
    for (auto& other : o.others) visit(v, other);
}

/// Passes everything on and notes register writes.
class RecordingBus final : public host::ProcessorBus {
  public:
    RecordingBus(host::ProcessorBus& bus, host::Platform& platform,
                 std::vector<RegisterWrite>& writes)
        : bus_(bus), platform_(platform), writes_(writes) {}
    bool read32(uint64_t address, uint32_t& value) override { return bus_.read32(address, value); }
    bool write32(uint64_t address, uint32_t value) override {
        if (address >= host::kCsrBase)
            writes_.push_back(
                {platform_.now(), static_cast<spec::Reg>(address - host::kCsrBase), value});
        return bus_.write32(address, value);
    }
    void wait_irq() override { bus_.wait_irq(); }
    fw::Accounting& accounting() override { return bus_.accounting(); }

  private:
    host::ProcessorBus& bus_;
    host::Platform& platform_;
    std::vector<RegisterWrite>& writes_;
};

}  // namespace

void Machine::run(const host::Platform::Program& program, const fw::DriverConfig& driver,
                  Outcome& out) {
    const host::Platform::Program recorded = [&](host::ProcessorBus& bus) {
        RecordingBus recording(bus, platform_, out.writes);
        program(recording);
    };
    host::RunOutcome r = std::move(platform_.run_programs({recorded}, {driver}).front());
    out.counters = r.counters;
    out.commands = std::move(r.commands);
    out.groups = std::move(r.groups);
}

/// What each device runs, and what its firmware says of that.
struct Machine::Devices {
    explicit Devices(uint32_t count) : firmware(count) {}

    std::vector<host::FirmwareOutcome> firmware;
    std::vector<host::Platform::Program> programs;
    std::vector<fw::DriverConfig> drivers;
};

void Machine::run(const host::Operation& operation, Outcome& out) {
    Devices devices(operation.devices());
    for (uint32_t i = 0; i < operation.devices(); ++i) {
        devices.programs.push_back(operation.program(i, access_to(platform_), devices.firmware[i]));
        devices.drivers.push_back(operation.driver(i));
    }
    run(devices, out);
}

void Machine::run(const host::Layout& layout, Outcome& out) {
    Devices devices(layout.devices);
    std::vector<host::Layout> layouts;
    for (uint32_t i = 0; i < layout.devices; ++i) layouts.push_back(layout.of_device(i));
    for (uint32_t i = 0; i < layout.devices; ++i) {
        devices.programs.push_back(
            host::program_of(layouts[i], access_to(platform_), devices.firmware[i]));
        devices.drivers.push_back(layouts[i].driver);
    }
    run(devices, out);
}

void Machine::run(Devices& devices, Outcome& out) {
    const size_t count = devices.programs.size();
    out.others.resize(count - 1);
    const auto outcome_of = [&](size_t i) -> Outcome& { return i == 0 ? out : out.others[i - 1]; };
    std::vector<host::Platform::Program> recorded;
    for (size_t i = 0; i < count; ++i)
        recorded.push_back([&, i](host::ProcessorBus& bus) {
            RecordingBus recording(bus, platform_, outcome_of(i).writes);
            devices.programs[i](recording);
        });
    std::vector<host::RunOutcome> outcomes = platform_.run_programs(recorded, devices.drivers);
    for (size_t i = 0; i < count; ++i) {
        Outcome& own = outcome_of(i);
        own.status = devices.firmware[i].status;
        own.calls = devices.firmware[i].calls;
        own.counters = outcomes[i].counters;
        own.commands = std::move(outcomes[i].commands);
        own.groups = std::move(outcomes[i].groups);
        own.retried = std::move(outcomes[i].merging.retried);
        own.rows_saturated = outcomes[i].merging.work.rows_saturated;
        own.end = outcomes[i].end_cycle;
    }
}

fw::DriverConfig Machine::driver_config(uint32_t ring_descriptors, uint32_t watchdog) const {
    fw::DriverConfig c;
    c.csr_base = host::kCsrBase;
    c.ring_address = kRingAddress;
    c.ring_descriptors = ring_descriptors;
    c.record_address = kRecordAddress;
    c.watchdog_cycles = watchdog;
    return c;
}

std::vector<spec::Descriptor> encode_all(const std::vector<spec::Command>& commands) {
    std::vector<spec::Descriptor> r;
    r.reserve(commands.size());
    for (const spec::Command& c : commands) r.push_back(spec::encode(c));
    return r;
}

namespace {

/// Returns early at an error.
void feed_all(Machine& machine, fw::Bus& bus, const std::vector<spec::Descriptor>& descriptors,
              const Feed& feed) {
    std::mt19937_64 random(feed.seed);
    const auto total = static_cast<uint32_t>(descriptors.size());
    uint32_t tail = 0;
    while (tail != total) {
        const auto step = static_cast<uint32_t>(1 + random() % feed.max_step);
        const uint32_t end = std::min(total, tail + std::min(step, feed.ring_descriptors));
        while (end - read_register(bus, spec::Reg::kRingHead) > feed.ring_descriptors)
            if (read_register(bus, spec::Reg::kErrorCode) != 0) return;
        for (; tail != end; ++tail) {
            const uint64_t slot = tail % feed.ring_descriptors;
            const uint64_t address = kRingAddress + slot * spec::kDescriptorBytes;
            std::memcpy(machine.memory(address, spec::kDescriptorBytes), &descriptors[tail],
                        spec::kDescriptorBytes);
        }
        for (uint64_t n = feed.max_delay == 0 ? 0 : random() % (feed.max_delay + 1); n != 0; --n)
            (void)read_register(bus, spec::Reg::kId);
        write_register(bus, spec::Reg::kRingTail, tail);
    }
    for (;;) {
        bus.wait_irq();
        const uint32_t irq = read_register(bus, spec::Reg::kIrqStatus);
        write_register(bus, spec::Reg::kIrqStatus, irq);
        if ((irq & spec::kIrqError) != 0) return;
        if (read_register(bus, spec::Reg::kRingHead) == total &&
            (read_register(bus, spec::Reg::kStatus) & spec::kStatusBusy) == 0)
            return;
    }
}

}  // namespace

void feed_raw(Machine& machine, fw::Bus& bus, const std::vector<spec::Descriptor>& descriptors,
              const Feed& feed) {
    fw::Driver driver(bus);
    fw::Status s = driver.init(machine.driver_config(feed.ring_descriptors, feed.watchdog_cycles));
    if (s.ok() && feed.reset) s = driver.reset();
    if (!s.ok()) throw std::runtime_error("driver does not start");
    feed_all(machine, bus, descriptors, feed);
    const uint64_t end = machine.platform().now() + feed.settle_cycles;
    while (machine.platform().now() < end) (void)read_register(bus, spec::Reg::kId);
}

uint32_t read_register(fw::Bus& bus, spec::Reg reg) {
    uint32_t value = 0;
    if (!bus.read32(host::kCsrBase + static_cast<uint32_t>(reg), value))
        throw std::runtime_error("register read refused");
    return value;
}

void write_register(fw::Bus& bus, spec::Reg reg, uint32_t value) {
    if (!bus.write32(host::kCsrBase + static_cast<uint32_t>(reg), value))
        throw std::runtime_error("register write refused");
}

Outcome run_machine(const hw::PlatformConfig& config, const Body& body, uint64_t memory_bytes,
                    unsigned timeout_seconds, const Watch& watch) {
    host::ForkedWork work(
        [&](const host::ForkedWork::Send& send) {
            Machine machine(config);
            host::RunProgress progress({[&](const std::string&, double share) {
                                            host::Packer message;
                                            message.value(share);
                                            send(message.bytes);
                                            return true;
                                        },
                                        {}});
            if (watch.calls != 0) host::tell_calls(machine.platform(), progress, watch.calls);
            Outcome outcome;
            const auto start = std::chrono::steady_clock::now();
            body(machine, outcome);
            outcome.seconds =
                std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            outcome.end = machine.platform().now();
            if (memory_bytes != 0) {
                const uint8_t* memory = machine.memory(0, memory_bytes);
                outcome.memory.assign(memory, memory + memory_bytes);
            }
            host::Packer packer;
            visit(packer, outcome);
            return packer.bytes;
        },
        timeout_seconds);
    const auto tell = [&](const Bytes& message) {
        double share = 0;
        host::Unpacker(message).value(share);
        watch.share(share);
    };
    while (watch.calls != 0 && work.receive(tell)) continue;
    const Forked forked = work.wait();
    Outcome outcome;
    outcome.failure = forked.failure;
    if (!forked.failure.empty()) return outcome;
    host::Unpacker unpacker(forked.bytes);
    visit(unpacker, outcome);
    return outcome;
}

hw::PlatformConfig machine_config(const spec::DeviceParams& params) {
    hw::PlatformConfig config;
    config.params = params;
    config.memory.size_bytes = kMemoryBytes;
    return config;
}

spec::Command make_fence(uint64_t address) {
    spec::Command c;
    c.opcode = spec::Opcode::kFence;
    c.flags = spec::kFlagInterrupt;
    c.address = address;
    return c;
}

}  // namespace tessera::verify
