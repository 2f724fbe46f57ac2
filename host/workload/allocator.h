// SPDX-License-Identifier: MIT
// Hands out device memory to the regions of a layout.
#pragma once
#include <fmt/format.h>

#include <cstdint>

#include "host/error.h"
#include "host/workload/layout.h"

namespace tessera::host {

constexpr uint64_t round_up(uint64_t x, uint64_t unit) { return (x + unit - 1) / unit * unit; }

/// Hands out device memory from the bottom up; address 0 stays unused.
class Allocator {
  public:
    Allocator(Layout& layout, uint32_t bus_bytes) : layout_(layout), bus_(bus_bytes) {
        layout.end = kRegionAlignment;
    }

    /// A region of so many bytes; its address.
    uint64_t place(const char* name, uint64_t bytes) {
        const uint64_t address = round_up(layout_.end, kRegionAlignment);
        layout_.regions.push_back({name, address, bytes});
        layout_.end = address + bytes;
        return address;
    }

    /// A tensor [heads][rows][row_bytes]. UserError if no memory could hold it.
    fw::Tensor tensor(const char* name, uint64_t heads, uint64_t rows, uint64_t row_bytes) {
        fw::Tensor t;
        t.pitch = static_cast<uint32_t>(round_up(row_bytes, bus_));
        if (static_cast<double>(heads) * static_cast<double>(rows) * t.pitch > kLargestTensor)
            throw UserError(
                fmt::format("not enough memory: tensor {} has {} heads of {} rows of {} "
                            "bytes",
                            name, heads, rows, t.pitch));
        t.head_stride = rows * t.pitch;
        t.address = place(name, heads * t.head_stride);
        return t;
    }

  private:
    static constexpr double kLargestTensor = 0x1p60;  ///< bytes; sums of a few still fit 64 bits

    Layout& layout_;
    uint32_t bus_;
};

}  // namespace tessera::host
