// SPDX-License-Identifier: MIT
// How rows get into device memory and out of it.
#pragma once
#include <cstdint>
#include <cstring>
#include <functional>
#include <vector>

#include "firmware/plan/job.h"
#include "host/operation/memory_map.h"
#include "host/problem/inputs.h"

namespace tessera::host {

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
void append_row(const uint8_t* row, uint64_t columns, ElementType type, std::vector<float>& out);

/// The elements of a tensor, [blocks][rows][columns]; where its rows lie in pages, row by row.
std::vector<float> read_heads(const TensorLayout& layout, const fw::Tensor& from,
                              const MemoryAccess& memory, const fw::PageTable& pages = {});
/// Those of a matrix in blocks of columns, [rows][columns].
std::vector<float> read_matrix(const TensorLayout& layout, const fw::Tensor& from,
                               const MemoryAccess& memory);

/// An operand of bf16 numbers that were in device memory.
Operand operand_of(const std::vector<float>& values);

}  // namespace tessera::host
