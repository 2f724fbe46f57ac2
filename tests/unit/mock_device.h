// SPDX-License-Identifier: MIT
// A device front end behind fw::Bus: registers with their rights, the descriptor ring, interrupts,
// errors and soft reset, without engines and without time. It is as unhelpful as the contract lets
// it be: it takes lines whenever it likes, and counts every liberty the driver takes as a fault.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "firmware/driver/bus.h"
#include "spec/command.h"
#include "spec/registers.h"

namespace tessera::test {

class MockDevice final : public fw::WordByWordBus {
  public:
    static constexpr uint64_t kCsr = 0x100000000;
    static constexpr uint64_t kRing = 0x240000000;

    MockDevice(const spec::DeviceParams& params, uint64_t seed) : params_(params), random_(seed) {
        clear();
    }

    // What the test sets
    std::function<void(const spec::Command&)> execute;  ///< a legal command, in order
    /// Memory other than the ring, for firmware that looks at it.
    std::function<void(uint64_t address, uint32_t& value)> read_memory;
    std::function<void(uint64_t address, uint32_t value)> write_memory;
    uint32_t eager_permille = 0;                     ///< chance to advance at any access
    uint64_t fault_at = UINT64_MAX;                  ///< this access answers with a bus error
    uint64_t error_at = UINT64_MAX;                  ///< this command ends in kReadBus
    uint64_t never_answer_from = UINT64_MAX;         ///< from this command on nothing retires
    uint32_t reset_reads = 3;                        ///< STATUS reads until a reset is over
    std::map<uint32_t, uint32_t> override_register;  ///< reads answer this value

    // What the test reads
    std::vector<std::string> faults;
    uint64_t accesses = 0, commands = 0, sleeps = 0, ragged_tails = 0, resets = 0;
    std::map<spec::Reg, uint64_t> reads, writes;
    uint32_t head() const { return head_; }
    uint32_t tail() const { return reg(spec::Reg::kRingTail); }
    bool line_high() const {
        return (reg(spec::Reg::kIrqStatus) & reg(spec::Reg::kIrqEnable)) != 0;
    }
    void disown() { set(spec::Reg::kRingSize, reg(spec::Reg::kRingSize) ^ 12); }

    bool read32(uint64_t address, uint32_t& value) override {
        if (access_fails()) return false;
        if (address < kCsr && read_memory) return read_memory(address, value), true;
        if (address < kCsr || address >= kCsr + spec::kWindowBytes) return fault("read of a hole");
        const auto offset = static_cast<uint32_t>(address - kCsr);
        const spec::RegisterInfo* info = spec::find_register(offset);
        if (info == nullptr) return fault("read of a hole");
        ++reads[info->reg];
        if (info->reg == spec::Reg::kIrqStatus && !woken_) fault("IRQ_STATUS polled");
        if (info->reg == spec::Reg::kIrqStatus) woken_ = false;
        if (info->reg == spec::Reg::kStatus && resetting_ != 0 && --resetting_ == 0)
            set(spec::Reg::kStatus, 0);
        const auto overridden = override_register.find(offset);
        value = overridden != override_register.end() ? overridden->second : reg(info->reg);
        return true;
    }

    bool write32(uint64_t address, uint32_t value) override {
        if (access_fails()) return false;
        if (address >= kRing) return write_ring(address - kRing, value);
        if (address < kCsr) {
            if (write_memory) write_memory(address, value);
            return true;
        }
        if (address < kCsr || address >= kCsr + spec::kWindowBytes) return fault("write to a hole");
        const spec::RegisterInfo* info = spec::find_register(static_cast<uint32_t>(address - kCsr));
        if (info == nullptr || info->access == spec::Access::kReadOnly)
            return fault("write to a read-only register or a hole");
        if ((value & ~info->writable) != 0) fault("reserved bits written");
        ++writes[info->reg];
        write_register(info->reg, value);
        return true;
    }

    void wait_irq() override {
        ++sleeps;
        woken_ = true;
        while (!line_high()) {
            if (advance()) continue;
            throw std::runtime_error("hang: firmware sleeps, the device has nothing to do");
        }
    }

  private:
    uint32_t reg(spec::Reg r) const { return registers_.at(r); }
    void set(spec::Reg r, uint32_t value) { registers_[r] = value; }
    bool fault(const std::string& text) {
        faults.push_back(text);
        return false;
    }

    bool access_fails() {
        while (eager_permille != 0 && random_() % 1000 < eager_permille && advance()) continue;
        return accesses++ == fault_at;
    }

    void clear() {
        for (const spec::RegisterInfo& info : spec::kRegisters) set(info.reg, info.reset);
        set(spec::Reg::kCapM, params_.m);
        set(spec::Reg::kCapD, params_.d);
        set(spec::Reg::kCapLanes, params_.lanes);
        set(spec::Reg::kCapInterleave, params_.interleave);
        set(spec::Reg::kCapBusBytes, params_.bus_bytes);
        set(spec::Reg::kCapProfile, spec::cap_profile(params_));
        head_ = written_ = word_ = 0;
        armed_ = false;
        ring_.clear();
    }

    bool enabled() const { return (reg(spec::Reg::kControl) & spec::kControlEnable) != 0; }

    void write_register(spec::Reg r, uint32_t value) {
        switch (r) {
            case spec::Reg::kControl: write_control(value); break;
            case spec::Reg::kIrqStatus: set(r, reg(r) & ~value); break;
            case spec::Reg::kRingTail: write_tail(value); break;
            case spec::Reg::kRingNotify:
                if (value - head_ > tail() - head_ && value - head_ < 1u << 31)
                    fault("RING_NOTIFY beyond RING_TAIL: never reached");
                if (written_ - value < reg(spec::Reg::kRingSize) / 2 && value != tail())
                    fault("RING_NOTIFY frees too little");
                set(r, value);
                armed_ = true;
                notify();
                break;
            default:
                if (enabled() && r != spec::Reg::kIrqEnable && r != spec::Reg::kWatchdog)
                    fault("ring changed while enabled");
                set(r, value);
        }
    }

    void write_control(uint32_t value) {
        if ((value & spec::kControlSoftReset) != 0) {
            clear();
            ++resets;
            resetting_ = reset_reads;
            set(spec::Reg::kStatus, spec::kStatusResetting);
            return;
        }
        if (resetting_ != 0) fault("CONTROL written during a reset");
        set(spec::Reg::kControl, value & spec::kControlEnable);
    }

    void write_tail(uint32_t value) {
        const uint32_t size = reg(spec::Reg::kRingSize);
        if (word_ != 0 || value - tail() > written_ - tail()) fault("RING_TAIL over unwritten");
        if (value - head_ > size) fault("RING_TAIL laps RING_HEAD");
        if (value % spec::kLineDescriptors != 0) {
            ++ragged_tails;
            const spec::Command last = spec::decode(ring_[(value - 1) % size]);
            if (last.opcode != spec::Opcode::kFence || !last.has(spec::kFlagInterrupt))
                fault("RING_TAIL inside a line, and no job ends there");
        }
        set(spec::Reg::kRingTail, value);
    }

    /// Words of descriptors arrive in order, into slots that the head has passed.
    bool write_ring(uint64_t offset, uint32_t value) {
        const uint32_t size = reg(spec::Reg::kRingSize);
        if (!enabled()) return fault("descriptor written while disabled");
        const uint64_t expected = uint64_t{written_ % size} * spec::kDescriptorBytes + 4 * word_;
        if (offset != expected) return fault("descriptor word out of place");
        if (written_ - head_ >= size) fault("slot overwritten before RING_HEAD passed it");
        ring_[written_ % size].word[word_] = value;
        if (++word_ == spec::kDescriptorWords) {
            word_ = 0;
            ++written_;
        }
        return true;
    }

    void notify() {
        if (!armed_ || head_ - reg(spec::Reg::kRingNotify) >= 1u << 31) return;
        armed_ = false;
        raise(spec::kIrqRing);
    }
    void raise(uint32_t bit) { set(spec::Reg::kIrqStatus, reg(spec::Reg::kIrqStatus) | bit); }
    void halt(spec::ErrorCode code, uint32_t tag) {
        set(spec::Reg::kErrorCode, static_cast<uint32_t>(code));
        set(spec::Reg::kErrorTag, tag);
        set(spec::Reg::kStatus, spec::kStatusHalted);
        raise(spec::kIrqError);
    }

    /// Takes one descriptor. False if there is none to take.
    bool advance() {
        if (!enabled() || head_ == tail() || reg(spec::Reg::kStatus) != 0) return false;
        const spec::Descriptor& d = ring_[head_ % reg(spec::Reg::kRingSize)];
        const spec::Command c = spec::decode(d);
        if (c.tag != (head_ & 0xffff)) fault("tag is not the sequence number");
        const spec::ErrorCode illegal = spec::check(params_, d, identity_);
        const uint64_t number = commands++;
        if (number >= never_answer_from) return halt(spec::ErrorCode::kWatchdog, c.tag), true;
        if (number == error_at) return halt(spec::ErrorCode::kReadBus, c.tag), true;
        if (illegal != spec::ErrorCode::kNone) return halt(illegal, c.tag), true;
        identity_.dispatched(c);
        set(spec::Reg::kRingHead, ++head_);
        notify();
        if (execute) execute(c);
        if (c.opcode == spec::Opcode::kFence && c.has(spec::kFlagInterrupt)) raise(spec::kIrqFence);
        return true;
    }

    spec::DeviceParams params_;
    std::mt19937_64 random_;
    std::map<spec::Reg, uint32_t> registers_;
    std::map<uint32_t, spec::Descriptor> ring_;
    spec::IdentityTiles identity_;
    uint32_t head_ = 0, written_ = 0, word_ = 0, resetting_ = 0;
    bool armed_ = false, woken_ = false;
};

}  // namespace tessera::test
