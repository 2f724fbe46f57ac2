// SPDX-License-Identifier: MIT
#include "firmware/driver/driver.h"

namespace tessera::fw {
namespace {

using spec::Reg;

constexpr uint32_t kIrqAll = spec::kIrqFence | spec::kIrqRing | spec::kIrqError;
/// A reset waits for some hundred bursts at most. A memory that never answers must not hang us.
constexpr uint32_t kResetReads = 1u << 20;

}  // namespace

Status Driver::init(const DriverConfig& config) {
    config_ = config;
    fault_ = Status{};
    events_ = 0;
    if (Status s = discover(); !s.ok()) return s;
    if (Status s = check_config(); !s.ok()) return s;
    bool adopted = false;
    if (Status s = adopt(adopted); !s.ok()) return s;
    return adopted ? Status{} : reset();
}

Status Driver::break_off() { return fault_ = failed(Code::kBusFault); }

Status Driver::reset() {
    if (Status s = write(Reg::kControl, spec::kControlSoftReset); !s.ok()) return s;
    uint32_t status = spec::kStatusResetting;
    for (uint32_t i = 0; i < kResetReads && (status & spec::kStatusResetting) != 0; ++i)
        if (Status s = read(Reg::kStatus, status); !s.ok()) return s;
    if ((status & spec::kStatusResetting) != 0) return failed(Code::kResetTimeout);
    fault_ = Status{};
    tail_ = published_ = head_ = 0;
    events_ = 0;
    return enable();
}

Status Driver::submit(const spec::Command& command) {
    if (!fault_.ok()) return fault_;
    if (tail_ - head_ == config_.ring_descriptors)
        if (Status s = make_room(); !s.ok()) return s;
    spec::Descriptor descriptor = spec::encode(command);
    descriptor.word[0] = (descriptor.word[0] & 0xffff) | tail_ << 16;  // the tag
    if (Status s = write_descriptor(descriptor); !s.ok()) return s;
    ++tail_;
    ++descriptors_;
    if (command.opcode == spec::Opcode::kAttend) ++calls_;
    return tail_ % spec::kLineDescriptors == 0 ? publish() : Status{};
}

Status Driver::fence() {
    if (Status s = submit_fence(); !s.ok()) return s;
    return await_fence();
}

Status Driver::submit_fence() {
    spec::Command command;
    command.opcode = spec::Opcode::kFence;
    command.flags = spec::kFlagInterrupt;
    command.address = config_.record_address;
    if (Status s = submit(command); !s.ok()) return s;
    return publish();
}

Status Driver::await_fence() { return wait_for(spec::kIrqFence); }

Status Driver::discover() {
    uint32_t id = 0, version = 0, profile = 0, banks = 0;
    const struct {
        Reg reg;
        uint32_t& value;
    } kCapabilities[] = {
        {Reg::kId, id},
        {Reg::kVersion, version},
        {Reg::kCapM, device_.m},
        {Reg::kCapD, device_.d},
        {Reg::kCapLanes, device_.lanes},
        {Reg::kCapInterleave, device_.interleave},
        {Reg::kCapBusBytes, device_.bus_bytes},
        {Reg::kCapProfile, profile},
        {Reg::kCapBanks, banks},
    };
    for (const auto& capability : kCapabilities) {
        if (Status s = read(capability.reg, capability.value); !s.ok()) return s;
        if (id != spec::kIdValue) return failed(Code::kWrongDevice);
    }
    device_.profile = static_cast<spec::Profile>(profile & spec::kCapProfileMask);
    device_.key_ranges = (profile & spec::kCapKeyRanges) != 0;
    const bool known = version == spec::kVersionValue && banks == spec::kBanks &&
                       spec::params_error(device_) == nullptr;
    return known ? Status{} : failed(Code::kWrongDevice);
}

Status Driver::check_config() const {
    const uint32_t n = config_.ring_descriptors;
    if (n < spec::kRingMinDescriptors || n > spec::kRingMaxDescriptors || (n & (n - 1)) != 0 ||
        config_.ring_address % spec::kLineBytes != 0)
        return refused(JobRule::kRing);
    if ((config_.record_address & (device_.bus_bytes - 1)) != 0)
        return refused(JobRule::kAlignment);
    return Status{};
}

/// Goes on with a device that is enabled on our ring and healthy.
Status Driver::adopt(bool& adopted) {
    uint32_t control = 0, status = 0, low = 0, high = 0, size = 0;
    if (Status s = read(Reg::kControl, control); !s.ok()) return s;
    if (Status s = read(Reg::kStatus, status); !s.ok()) return s;
    if (Status s = read(Reg::kRingBaseLo, low); !s.ok()) return s;
    if (Status s = read(Reg::kRingBaseHi, high); !s.ok()) return s;
    if (Status s = read(Reg::kRingSize, size); !s.ok()) return s;
    const uint64_t base = low | uint64_t{high} << 32;
    adopted = (control & spec::kControlEnable) != 0 &&
              (status & (spec::kStatusHalted | spec::kStatusResetting)) == 0 &&
              base == config_.ring_address && size == config_.ring_descriptors;
    if (!adopted) return Status{};
    if (Status s = read(Reg::kRingTail, tail_); !s.ok()) return s;
    if (Status s = read(Reg::kRingHead, head_); !s.ok()) return s;
    published_ = tail_;
    if (Status s = write(Reg::kIrqEnable, kIrqAll); !s.ok()) return s;
    return write(Reg::kWatchdog, config_.watchdog_cycles);
}

/// From the state after reset to fetching descriptors.
Status Driver::enable() {
    const struct {
        Reg reg;
        uint32_t value;
    } kSettings[] = {
        {Reg::kRingBaseLo, static_cast<uint32_t>(config_.ring_address)},
        {Reg::kRingBaseHi, static_cast<uint32_t>(config_.ring_address >> 32)},
        {Reg::kRingSize, config_.ring_descriptors},
        {Reg::kIrqEnable, kIrqAll},
        {Reg::kWatchdog, config_.watchdog_cycles},
        {Reg::kControl, spec::kControlEnable},
    };
    for (const auto& setting : kSettings)
        if (Status s = write(setting.reg, setting.value); !s.ok()) return s;
    return Status{};
}

Status Driver::read(Reg reg, uint32_t& value) {
    const uint64_t address = config_.csr_base + static_cast<uint32_t>(reg);
    return bus_.read32(address, value) ? Status{} : failed(Code::kBusFault);
}

Status Driver::write(Reg reg, uint32_t value) {
    const uint64_t address = config_.csr_base + static_cast<uint32_t>(reg);
    return bus_.write32(address, value) ? Status{} : failed(Code::kBusFault);
}

Status Driver::write_descriptor(const spec::Descriptor& descriptor) {
    const uint32_t slot = tail_ & (config_.ring_descriptors - 1);
    uint64_t address = config_.ring_address + uint64_t{slot} * spec::kDescriptorBytes;
    for (const uint32_t word : descriptor.word) {
        if (!bus_.write32(address, word)) return failed(Code::kBusFault);
        address += sizeof(word);
    }
    return Status{};
}

/// Shows the device all descriptors written so far.
Status Driver::publish() {
    if (published_ == tail_) return Status{};
    if (Status s = write(Reg::kRingTail, tail_); !s.ok()) return s;
    published_ = tail_;
    return Status{};
}

/// Sleeps until half of a full ring is free, or as much of it as the device has been shown.
Status Driver::make_room() {
    const uint32_t shown = published_ - head_;
    const uint32_t half = config_.ring_descriptors / 2;
    const uint32_t notify = head_ + (half < shown ? half : shown);
    if (Status s = write(Reg::kRingNotify, notify); !s.ok()) return s;
    if (Status s = wait_for(spec::kIrqRing); !s.ok()) return s;
    return read(Reg::kRingHead, head_);
}

/// Sleeps until one of the device's events has happened; an error ends every wait.
Status Driver::wait_for(uint32_t event) {
    while ((events_ & event) == 0) {
        bus_.wait_irq();
        uint32_t irq = 0;
        if (Status s = read(Reg::kIrqStatus, irq); !s.ok()) return s;
        if ((irq & spec::kIrqError) != 0) return device_error();
        if (Status s = write(Reg::kIrqStatus, irq); !s.ok()) return s;
        events_ |= irq;
    }
    events_ &= ~event;
    return Status{};
}

Status Driver::device_error() {
    uint32_t code = 0, tag = 0;
    if (Status s = read(Reg::kErrorCode, code); !s.ok()) return s;
    if (Status s = read(Reg::kErrorTag, tag); !s.ok()) return s;
    fault_ = Status{Code::kDeviceError, JobRule::kNone, static_cast<spec::ErrorCode>(code), tag};
    return fault_;
}

}  // namespace tessera::fw
