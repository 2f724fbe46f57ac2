// SPDX-License-Identifier: MIT
// Device memory from the host's side: who gets which part of it, and how rows get in and out.
#pragma once
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "firmware/driver/driver_config.h"
#include "firmware/plan/job.h"
#include "hw_model/config.h"
#include "spec/params.h"

namespace tessera::host {

inline constexpr uint32_t kRingDescriptors = 1024;
inline constexpr uint64_t kRingBytes = uint64_t{kRingDescriptors} * spec::kDescriptorBytes;
inline constexpr uint64_t kRegionAlignment = 4096;

/// A part of device memory, in bytes.
struct Region {
    std::string name;
    uint64_t address = 0, bytes = 0;
};

/// Hands out device memory from the bottom up; address 0 stays unused. Rows are padded to whole bus
/// beats, regions start on 4 KiB boundaries.
class Allocator {
  public:
    /// Regions are added to `regions`; `end` is the first byte that is not used.
    Allocator(std::vector<Region>& regions, uint64_t& end, uint32_t bus_bytes)
        : regions_(regions), end_(end), bus_(bus_bytes) {
        end_ = kRegionAlignment;
    }

    uint64_t place(const char* name, uint64_t bytes);
    /// A tensor [heads][rows][row_bytes]. UserError if no memory is that large.
    fw::Tensor tensor(const char* name, uint64_t heads, uint64_t rows, uint64_t row_bytes);
    /// Rings and completion records of so many devices.
    fw::DriverConfig driver(uint32_t devices);
    /// UserError if it does not fit.
    void check_size(const hw::MemoryConfig& memory) const;

  private:
    std::vector<Region>& regions_;
    uint64_t& end_;
    uint32_t bus_;
};

/// Device memory as the functions below see it: a pointer to [address, address + bytes).
using MemoryAccess = std::function<uint8_t*(uint64_t address, uint64_t bytes)>;

/// Writes all rows of a tensor: `fill(head, row, out)` says the elements, and what it leaves alone
/// is zero.
template <typename Fill>
void write_rows(const fw::Tensor& to, uint64_t heads, uint64_t rows, const MemoryAccess& memory,
                Fill&& fill) {
    for (uint64_t head = 0; head < heads; ++head) {
        uint8_t* row = memory(to.address + head * to.head_stride, rows * to.pitch);
        std::vector<uint16_t> values(to.pitch / 2);
        for (uint64_t i = 0; i < rows; ++i, row += to.pitch) {
            fill(head, i, values.data());
            std::memcpy(row, values.data(), to.pitch);
        }
    }
}

/// Writes the identity matrix of so many rows, bf16.
void write_identity(const fw::Tensor& to, uint32_t rows, const MemoryAccess& memory);

/// Appends the elements of a row that a device stored.
void append_row(const uint8_t* row, uint32_t columns, bool bf16, std::vector<float>& out);

}  // namespace tessera::host
