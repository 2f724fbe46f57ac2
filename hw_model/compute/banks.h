// SPDX-License-Identifier: MIT
// The contents of the on-chip banks. Who may touch them when is the scoreboard's business.
#pragma once
#include <array>
#include <vector>

#include "hw_model/arith/tile_kernel.h"
#include "spec/params.h"
#include "spec/state.h"

namespace tessera::hw {

/// What an operand bank holds: M rows of D bf16 elements, and for Q and K the position of each row.
struct Operands {
    explicit Operands(const spec::DeviceParams& p)
        : stride(p.d), element(size_t{p.m} * p.d), position(p.m) {}
    uint32_t stride;
    std::vector<uint16_t> element;   // [m][d]
    std::vector<uint32_t> position;  // [m]
    uint64_t used_by = 0;            // the last work of the TileWorker that reads it
};

/// An operand bank. Its contents are in one of several places, so that a load into it need not wait
/// until the TileWorker, behind in host time, has read what was there before.
struct OperandBank {
    explicit OperandBank(const spec::DeviceParams& p) : copies(kCopies, Operands(p)) {}
    Operands& now() { return copies[current]; }

    static constexpr uint32_t kCopies = 4;
    std::vector<Operands> copies;
    uint32_t current = 0;
    uint64_t version = 0;  // counts changes, for what is derived from the contents
};

/// M rows of running results.
struct StateBank {
    explicit StateBank(const spec::DeviceParams& p) : stride(p.d), o(size_t{p.m} * p.d), row(p.m) {}
    uint32_t stride;
    std::vector<float> o;             // [m][d]
    std::vector<spec::RowState> row;  // [m]
    uint64_t used_by = 0;             // the last work of the TileWorker that changes it
};

/// All banks of one device.
struct Banks {
    explicit Banks(const spec::DeviceParams& p)
        : q{OperandBank(p), OperandBank(p)},
          k{OperandBank(p), OperandBank(p)},
          v{OperandBank(p), OperandBank(p)},
          state{StateBank(p), StateBank(p)} {}
    std::array<OperandBank, spec::kBanks> q, k, v;
    std::array<StateBank, spec::kBanks> state;
};

}  // namespace tessera::hw
