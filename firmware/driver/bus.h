// SPDX-License-Identifier: MIT
// All that firmware knows of hardware: 32-bit accesses and one interrupt. A platform implements it;
// on bare metal they are loads, stores and WFI.
#pragma once
#include <stdint.h>

namespace tessera::fw {

/// Registers, memory and the interrupt, nothing else.
class Bus {
  public:
    /// False if the access was answered with a bus error.
    [[nodiscard]] virtual bool read32(uint64_t address, uint32_t& value) = 0;
    [[nodiscard]] virtual bool write32(uint64_t address, uint32_t value) = 0;
    /// So many of these accesses to memory, one behind the other. A platform may do them at once.
    [[nodiscard]] virtual bool read_words(uint64_t address, uint32_t* words, uint32_t count) = 0;
    [[nodiscard]] virtual bool write_words(uint64_t address, const uint32_t* words,
                                           uint32_t count) = 0;
    /// Returns when the device's interrupt line is high.
    virtual void wait_irq() = 0;

  protected:
    ~Bus() = default;
};

/// A bus that does so many accesses one by one.
class WordByWordBus : public Bus {
  public:
    [[nodiscard]] bool read_words(uint64_t address, uint32_t* words, uint32_t count) override {
        for (uint32_t i = 0; i < count; ++i)
            if (!read32(address + uint64_t{4} * i, words[i])) return false;
        return true;
    }
    [[nodiscard]] bool write_words(uint64_t address, const uint32_t* words,
                                   uint32_t count) override {
        for (uint32_t i = 0; i < count; ++i)
            if (!write32(address + uint64_t{4} * i, words[i])) return false;
        return true;
    }

  protected:
    ~WordByWordBus() = default;
};

}  // namespace tessera::fw
