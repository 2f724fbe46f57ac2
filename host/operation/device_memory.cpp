// SPDX-License-Identifier: MIT
#include "host/operation/device_memory.h"

#include <fmt/format.h>

#include "host/error.h"
#include "host/float_bits.h"
#include "spec/float.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

constexpr double kMaxTensor = 0x1p60;  ///< bytes; sums of a few such still fit 64 bits

}  // namespace

uint64_t Allocator::place(const char* name, uint64_t bytes) {
    const uint64_t address = spec::round_up(end_, kRegionAlignment);
    regions_.push_back({name, address, bytes});
    end_ = address + bytes;
    return address;
}

fw::Tensor Allocator::tensor(const char* name, uint64_t heads, uint64_t rows, uint64_t row_bytes) {
    fw::Tensor t;
    t.pitch = static_cast<uint32_t>(spec::round_up(row_bytes, bus_));
    if (static_cast<double>(heads) * static_cast<double>(rows) * t.pitch > kMaxTensor)
        throw UserError(
            fmt::format("not enough memory: tensor {} has {} heads of {} rows of {} bytes", name,
                        heads, rows, t.pitch));
    t.head_stride = rows * t.pitch;
    t.address = place(name, heads * t.head_stride);
    return t;
}

fw::DriverConfig Allocator::driver(uint32_t devices) {
    fw::DriverConfig driver;
    driver.ring_address = place("ring", devices * kRingBytes);
    driver.ring_descriptors = kRingDescriptors;
    driver.record_address = place("record", uint64_t{devices} * bus_);
    return driver;
}

void Allocator::check_size(const hw::MemoryConfig& memory) const {
    if (end_ <= memory.size_bytes) return;
    std::string parts;
    for (const Region& region : regions_)
        parts += fmt::format("{}{} {}", parts.empty() ? "" : ", ", region.name, region.bytes);
    throw UserError(fmt::format(
        "not enough memory: the problem needs {} bytes ({}), memory {} has memory.size_bytes = {}",
        end_, parts, memory.name, memory.size_bytes));
}

void write_identity(const fw::Tensor& to, uint32_t rows, const MemoryAccess& memory) {
    write_rows(to, 1, rows, memory, [](uint64_t, uint64_t row, uint16_t* out) {
        if (row != 0) out[row - 1] = 0;
        out[row] = spec::kOneBf16;
    });
}

void append_row(const uint8_t* row, uint32_t columns, bool bf16, std::vector<float>& out) {
    for (uint32_t c = 0; c < columns; ++c) {
        uint32_t bits;
        uint16_t half;
        if (bf16) {
            std::memcpy(&half, row + 2 * size_t{c}, sizeof half);
            bits = spec::bf16_to_fp32(half);
        } else {
            std::memcpy(&bits, row + 4 * size_t{c}, sizeof bits);
        }
        out.push_back(float_of(bits));
    }
}

}  // namespace tessera::host
