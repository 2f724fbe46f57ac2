// SPDX-License-Identifier: MIT
// All that firmware knows of hardware: 32-bit accesses and one interrupt. A platform implements it;
// on bare metal the three are a load, a store and WFI.
#pragma once
#include <stdint.h>

namespace tessera::fw {

/// Registers, memory and the interrupt, nothing else.
class Bus {
  public:
    /// False if the access was answered with a bus error.
    [[nodiscard]] virtual bool read32(uint64_t address, uint32_t& value) = 0;
    [[nodiscard]] virtual bool write32(uint64_t address, uint32_t value) = 0;
    /// Returns when the device's interrupt line is high.
    virtual void wait_irq() = 0;

  protected:
    ~Bus() = default;
};

}  // namespace tessera::fw
