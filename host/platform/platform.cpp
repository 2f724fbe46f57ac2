// SPDX-License-Identifier: MIT
#include "host/platform/platform.h"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

#include "firmware/runner/runner.h"
#include "host/platform/processor.h"
#include "host/processors.h"
#include "hw_model/compute/tile_threads.h"
#include "hw_model/device.h"
#include "hw_model/memory/arbiter.h"
#include "hw_model/memory/dram_memory.h"
#include "hw_model/memory/ideal_memory.h"
#include "spec/registers.h"

namespace tessera::host {

namespace {

std::unique_ptr<hw::DeviceBase> make_device(const sc_core::sc_module_name& name,
                                            const hw::PlatformConfig& config, uint32_t index) {
    if (config.make_device) return config.make_device(name, config, index);
    return std::make_unique<hw::Device>(name, config.params, index, config.timing_only,
                                        config.trace_commands);
}

std::unique_ptr<hw::Memory> make_memory(const hw::PlatformConfig& config, hw::MemoryImage& image) {
    if (config.memory.kind == "dram")
        return std::make_unique<hw::DramMemory>("memory", config.memory, config.devices, image,
                                                config.cycle_fs);
    return std::make_unique<hw::IdealMemory>("memory", config.memory, config.devices, image);
}

/// One device with its processor.
struct Node {
    Node(const hw::PlatformConfig& config, uint32_t index, hw::MemoryImage& image)
        : device(make_device(("device_" + std::to_string(index)).c_str(), config, index)),
          processor(("processor_" + std::to_string(index)).c_str(), config.firmware, image,
                    !config.timing_only) {
        processor.csr_socket.bind(device->csr_socket());
        device->irq().bind(irq);
        processor.irq.bind(irq);
    }
    std::unique_ptr<hw::DeviceBase> device;
    Processor processor;
    sc_core::sc_signal<bool> irq;
};

/// Of each device. Where there is a processor to spare, each has a second one.
unsigned tile_threads(uint32_t devices) {
    return processors() == 1 ? 1 : std::max(processors() / devices, 2U);
}

}  // namespace

struct Platform::Impl {
    explicit Impl(const hw::PlatformConfig& config)
        : image(config.memory.size_bytes),
          arbiter("arbiter", config.devices),
          memory(make_memory(config, image)) {
        hw::set_tile_threads(tile_threads(config.devices));
        arbiter.socket.bind(memory->socket);
        for (uint32_t i = 0; i < config.devices; ++i) {
            nodes.push_back(std::make_unique<Node>(config, i, image));
            nodes.back()->device->memory_socket().bind(arbiter.target(i));
        }
    }
    hw::MemoryImage image;
    hw::Arbiter arbiter;
    std::unique_ptr<hw::Memory> memory;
    std::vector<std::unique_ptr<Node>> nodes;
    std::exception_ptr failure;  // of the observer of writes
};

Platform::Platform(const hw::PlatformConfig& config) {
    if (const char* broken = spec::params_error(config.params)) throw std::invalid_argument(broken);
    impl_ = std::make_unique<Impl>(config);
}

Platform::~Platform() = default;

uint8_t* Platform::memory(uint64_t address, uint64_t bytes) {
    uint8_t* p = impl_->image.at(address, bytes);
    if (p == nullptr) throw std::out_of_range("address beyond the device memory");
    return p;
}

void Platform::observe_writes(std::function<void(uint64_t, uint64_t)> observer) {
    // SystemC would make an error of its own of an exception in a process.
    const auto guarded = [this, observer = std::move(observer)](uint64_t address, uint64_t bytes) {
        if (impl_->failure) return;
        try {
            observer(address, bytes);
        } catch (...) {
            impl_->failure = std::current_exception();
            sc_core::sc_pause();
        }
    };
    impl_->memory->observe_writes(guarded);
    for (const auto& node : impl_->nodes) node->processor.observe_writes(guarded);
}

void Platform::observe_calls(const std::function<void()>& observer) {
    for (const auto& node : impl_->nodes) node->device->trace().observe_attends(observer);
}

void Platform::release(uint64_t address, uint64_t bytes) { impl_->image.release(address, bytes); }

hw::MemoryOutcome Platform::memory_outcome() { return impl_->memory->outcome(); }

uint64_t Platform::now() const { return hw::now_cycle(); }

std::vector<RunOutcome> Platform::run_programs(const std::vector<Program>& programs,
                                               const std::vector<fw::DriverConfig>& rings) {
    std::vector<RunOutcome> outcomes(programs.size());
    size_t running = programs.size();
    for (size_t i = 0; i < programs.size(); ++i) {
        Processor& processor = impl_->nodes.at(i)->processor;
        RunOutcome& outcome = outcomes[i];
        processor.set_ring(rings[i].ring_address,
                           uint64_t{rings[i].ring_descriptors} * spec::kDescriptorBytes);
        const uint64_t busy = processor.busy_cycles(), waited = processor.waiting_cycles();
        const Program program = programs[i];
        processor.start(
            [&processor, &outcome, program, busy, waited] {
                program(processor);
                outcome.end_cycle = hw::now_cycle();
                outcome.firmware_cycles = processor.busy_cycles() - busy;
                outcome.firmware_wait_cycles = processor.waiting_cycles() - waited;
                outcome.merging = processor.take_merging();
                outcome.elementwise = processor.take_elementwise();
                for (uint32_t c = 0; c < spec::kCounters; ++c) {
                    const uint64_t at =
                        kCsrBase + spec::counter_offset(static_cast<spec::Counter>(c));
                    uint32_t low = 0, high = 0;
                    if (!processor.read32(at, low) || !processor.read32(at + 4, high))
                        throw std::logic_error("counter registers do not answer");
                    outcome.counters[c] = low | uint64_t{high} << 32;
                }
            },
            [&running] {
                if (--running == 0) sc_core::sc_pause();
            });
    }
    sc_core::sc_start();
    if (impl_->failure) std::rethrow_exception(impl_->failure);
    for (size_t i = 0; i < programs.size(); ++i)
        if (impl_->nodes[i]->processor.failure())
            std::rethrow_exception(impl_->nodes[i]->processor.failure());
    if (running != 0)
        throw std::runtime_error("the machine hangs in cycle " + std::to_string(now()) +
                                 ": firmware waits for an interrupt that nothing will raise");
    for (size_t i = 0; i < programs.size(); ++i) {
        hw::DeviceBase& device = *impl_->nodes[i]->device;
        const hw::TraceLog& trace = device.trace();
        outcomes[i].commands = trace.commands();
        outcomes[i].groups = trace.groups();
        outcomes[i].stalls = trace.stalls();
        outcomes[i].activity = trace.activity();
        outcomes[i].window_start = device.window_start();
        outcomes[i].commands_total = trace.total();
    }
    return outcomes;
}

namespace {

Platform::Work work_of(const Platform::Jobs& jobs) {
    return [jobs](fw::Runner& runner) {
        return runner.run(jobs.data(), static_cast<uint32_t>(jobs.size()));
    };
}

Platform::Work work_of(const fw::CoverJob& job) {
    return [job](fw::Runner& runner) { return runner.run(job); };
}

template <typename Job>
std::vector<Platform::Work> works_of(const std::vector<Job>& jobs) {
    std::vector<Platform::Work> works;
    works.reserve(jobs.size());
    for (const Job& job : jobs) works.push_back(work_of(job));
    return works;
}

}  // namespace

Platform::Program Platform::firmware(const Work& work, fw::DriverConfig driver,
                                     FirmwareOutcome& outcome) {
    driver.csr_base = kCsrBase;
    return [work, driver, &outcome](ProcessorBus& bus) {
        fw::Driver device(bus);
        fw::Runner runner(device, &bus.accounting());
        outcome.status = device.init(driver);
        if (outcome.status.ok()) outcome.status = work(runner);
        outcome.calls = device.calls();
        outcome.unresolved = runner.unresolved();
    };
}

Platform::Program Platform::firmware(const Jobs& jobs, fw::DriverConfig driver,
                                     FirmwareOutcome& outcome) {
    return firmware(work_of(jobs), driver, outcome);
}

Platform::Program Platform::firmware(const fw::CoverJob& job, fw::DriverConfig driver,
                                     FirmwareOutcome& outcome) {
    return firmware(work_of(job), driver, outcome);
}

std::vector<RunOutcome> Platform::run(const std::vector<Work>& works,
                                      const std::vector<fw::DriverConfig>& drivers) {
    std::vector<FirmwareOutcome> firmware_outcomes(works.size());
    std::vector<Program> programs;
    for (size_t i = 0; i < works.size(); ++i)
        programs.push_back(firmware(works[i], drivers[i], firmware_outcomes[i]));
    std::vector<RunOutcome> outcomes = run_programs(programs, drivers);
    for (size_t i = 0; i < works.size(); ++i) outcomes[i].firmware = firmware_outcomes[i];
    return outcomes;
}

std::vector<RunOutcome> Platform::run(const std::vector<Jobs>& jobs,
                                      const std::vector<fw::DriverConfig>& drivers) {
    return run(works_of(jobs), drivers);
}

std::vector<RunOutcome> Platform::run(const std::vector<fw::CoverJob>& jobs,
                                      const std::vector<fw::DriverConfig>& drivers) {
    return run(works_of(jobs), drivers);
}

RunOutcome Platform::run(const Work& work, fw::DriverConfig driver) {
    return std::move(run(std::vector{work}, std::vector{driver}).front());
}

RunOutcome Platform::run(const Jobs& jobs, fw::DriverConfig driver) {
    return run(work_of(jobs), driver);
}

RunOutcome Platform::run(const fw::CoverJob& job, fw::DriverConfig driver) {
    return run(work_of(job), driver);
}

}  // namespace tessera::host
