// SPDX-License-Identifier: MIT
#include "host/operation/step_times.h"

#include <fmt/format.h>

#include <stdexcept>

#include "firmware/driver/driver.h"
#include "firmware/runner/runner.h"
#include "spec/latency.h"

namespace tessera::host {
namespace {

/// Every so many uses a known step is simulated again.
constexpr uint64_t kCompareEach = 64;

class Hash {
  public:
    void add(uint64_t word) {
        value_[0] = mixed(value_[0] ^ word);
        value_[1] = mixed(value_[1] + (word ^ 0x6a09e667f3bcc908));
    }
    void add(const std::string& text) {
        add(text.size());
        for (const char c : text) add(static_cast<unsigned char>(c));
    }
    const StepTimes::Key& value() const { return value_; }

  private:
    /// The last steps of SplitMix64.
    static uint64_t mixed(uint64_t x) {
        x += 0x9e3779b97f4a7c15;
        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
        x = (x ^ x >> 27) * 0x94d049bb133111eb;
        return x ^ x >> 31;
    }
    StepTimes::Key value_{};
};

uint64_t descriptors(const StepTime& time) {
    return counter_value(time.outcome.counters, spec::Counter::kCommandsRetired);
}

bool same(const StepTime& a, const StepTime& b) {
    return a.cycles == b.cycles &&
           total_bytes(a.outcome.counters) == total_bytes(b.outcome.counters) &&
           descriptors(a) == descriptors(b) &&
           a.outcome.firmware_cycles == b.outcome.firmware_cycles;
}

}  // namespace

bool StepTimes::possible(const hw::PlatformConfig& config) {
    const hw::MemoryConfig& memory = config.memory;
    return config.timing_only && memory.kind == "ideal" && memory.stall.permille == 0 &&
           memory.faults.empty() && config.trace_commands == 0 && !config.make_device;
}

std::optional<StepTimes::Key> StepTimes::key(const Operation& operation, bool first,
                                             const hw::PlatformConfig& config) const {
    if (!begun_ || config.params.profile != spec::Profile::kStateful) return std::nullopt;
    const std::vector<spec::Command> commands = operation.commands();
    Hash hash;
    hash.add(first ? 1 : 0);
    hash.add(descriptors_ % spec::kLineDescriptors);
    if (commands.empty()) {  // but for the driver's FENCE
        const std::optional<fw::ElementWork> work = operation.processor_work();
        if (!work) return std::nullopt;
        for (const uint64_t elements : work->elements) hash.add(elements);
        hash.add(work->bytes_read);
        hash.add(work->bytes_written);
        return hash.value();
    }
    hash.add(std::string(operation.name()));
    hash.add(operation.title());
    for (spec::Command c : commands) {
        if (c.has(spec::kFlagGather)) return std::nullopt;
        c.address %= spec::kReadBurstBytes;
        const spec::Descriptor descriptor = spec::encode(c);
        static_assert(spec::kDescriptorWords % 2 == 0);
        for (uint32_t i = 0; i < spec::kDescriptorWords; i += 2)
            hash.add(descriptor.word[i] | uint64_t{descriptor.word[i + 1]} << 32);
    }
    return hash.value();
}

const StepTime* StepTimes::known(const Key& key) {
    const auto at = known_.find(key);
    if (at == known_.end() || ++at->second.uses % kCompareEach == 0) return nullptr;
    return &at->second.time;
}

void StepTimes::align(Platform& platform, const fw::DriverConfig& driver, CounterValues& counters) {
    const uint64_t fences = (descriptors_ - simulated_) % spec::kLineDescriptors;
    if (fences == 0) return;
    const Platform::Work work = [fences](fw::Runner& runner) {
        fw::Status status;
        for (uint64_t i = 0; i < fences && status.ok(); ++i) status = runner.driver().fence();
        return status;
    };
    const RunOutcome outcome = platform.run(work, driver);
    if (!outcome.firmware.status.ok()) throw std::logic_error("a FENCE fails");
    counters = outcome.counters;
    simulated_ += fences;
    last_end_ = outcome.end_cycle;
}

void StepTimes::passed(const std::optional<Key>& key, const StepTime& time, bool simulated) {
    begun_ = true;
    descriptors_ += descriptors(time);
    if (!simulated) return;
    simulated_ += descriptors(time);
    last_end_ = time.outcome.end_cycle;
    if (!key) return;
    const auto [at, added] = known_.try_emplace(*key, Known{time, 0});
    if (!added && !same(at->second.time, time))
        throw std::logic_error(fmt::format("a step that takes {} cycles took {} before",
                                           time.cycles, at->second.time.cycles));
}

}  // namespace tessera::host
