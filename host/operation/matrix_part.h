// SPDX-License-Identifier: MIT
// Rows and columns of a matrix in device memory, and how the host writes and reads their elements.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "firmware/elementwise/matrix_view.h"
#include "host/operation/device_memory.h"
#include "host/operation/memory_map.h"

namespace tessera::host {

/// Part of a tensor. The whole of it if nothing but the layout is given.
struct MatrixPart {
    MatrixPart() = default;
    explicit MatrixPart(const TensorLayout& whole)
        : layout(whole), rows(whole.rows), columns(whole.elements() / whole.rows) {}
    /// Columns [first, first + count) of all rows.
    static MatrixPart of_columns(const TensorLayout& layout, uint64_t first, uint64_t count);
    /// Rows [first, first + count), as of a cache.
    static MatrixPart of_rows(const TensorLayout& layout, uint64_t first, uint64_t count);
    /// A row of numbers in fp32: bias, scales, gamma.
    static MatrixPart row_of_fp32(uint64_t columns);

    uint64_t elements() const { return rows * columns; }
    bool whole() const { return elements() == layout.elements(); }
    /// As firmware sees it, in a tensor at this place.
    fw::MatrixView view(const fw::Tensor& tensor) const;
    /// "4 x 288 fp32", and its place where it is not all of the tensor.
    std::string text() const;

    TensorLayout layout;  ///< of the tensor
    uint64_t first_row = 0, first_column = 0;
    uint64_t rows = 0, columns = 0;
};

/// In which order the host has elements: [rows][columns], or [blocks][rows][columns of a block].
enum class ElementOrder { kMatrix, kHeads };

/// The elements of a part of `tensor`. Whole numbers are numbers here, too.
std::vector<float> read_part(const MatrixPart& part, const fw::Tensor& tensor, ElementOrder order,
                             const MemoryAccess& memory);
/// Writes them. Where the part is all of the tensor, what is behind its rows becomes zero.
void write_part(const std::vector<float>& elements, const MatrixPart& part,
                const fw::Tensor& tensor, ElementOrder order, const MemoryAccess& memory);

}  // namespace tessera::host
