// SPDX-License-Identifier: MIT
// What a list of commands does, without time: each one in order, whole, on banks and memory, with
// the scalar functions of spec/ and the golden ATTEND. docs/contract/device.md, sections 3 to 6.
// Commands must be legal.
#pragma once
#include <array>
#include <vector>

#include "host/verify/tile_reference.h"
#include "spec/command.h"
#include "spec/counters.h"

namespace tessera::verify {

class GoldenDevice {
  public:
    GoldenDevice(const spec::DeviceParams& params, std::vector<uint8_t> memory);

    void execute(const spec::Command& command);
    const std::vector<uint8_t>& memory() const { return memory_; }
    /// Addresses that commands wrote, true per byte.
    const std::vector<bool>& written() const { return written_; }
    /// Row flag counters of all STORE_Os so far.
    uint64_t rows_empty = 0, rows_nan = 0, rows_saturated = 0, rows_div0 = 0;

  private:
    struct Operand {
        std::vector<uint16_t> element;   // [m][d]
        std::vector<uint32_t> position;  // [m]
    };
    uint64_t row_address(const spec::Command& c, uint32_t row, uint32_t* index) const;
    void load_operand(const spec::Command& c);
    void load_state(const spec::Command& c);
    void attend(const spec::Command& c);
    void store(const spec::Command& c);
    void fence(const spec::Command& c);
    uint32_t word(uint64_t address, uint32_t bytes) const;
    void put(uint64_t address, const std::vector<uint32_t>& words, uint32_t bytes_each,
             uint32_t row_bytes);

    const spec::DeviceParams p_;
    std::vector<uint8_t> memory_;
    std::vector<bool> written_;
    std::array<Operand, spec::kBanks> q_, k_, v_;
    std::array<std::vector<ReferenceRow>, spec::kBanks> state_;
    uint32_t executed_ = 0;
};

}  // namespace tessera::verify
