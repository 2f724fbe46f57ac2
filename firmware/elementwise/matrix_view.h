// SPDX-License-Identifier: MIT
// A matrix in device memory, and its rows as the processor reads and writes them. Each operand of
// elementwise work has a view of its own, so a step may read one width of blocks and write another.
#pragma once
#include <stdint.h>

#include "firmware/driver/bus.h"
#include "firmware/plan/tensor.h"
#include "spec/params.h"

namespace tessera::fw {

/// Columns of a matrix that lies in blocks of columns, one block behind the other: heads, or what a
/// gemm reads. A matrix of a single block lies row by row.
struct MatrixView {
    Tensor tensor;
    uint32_t block = 0;  ///< columns of a block; the last may have less
    bool bf16 = false;   ///< else fp32
    uint32_t first = 0;  ///< the first column that is meant

    template <typename Each>
    constexpr void fields(Each& each) {
        each(tensor, block, first, bf16);
    }
};

/// Elements that go through the processor's own memory at once.
inline constexpr uint32_t kChunk = 64;

/// The elements of a row, one after the other.
class RowReader {
  public:
    /// Of `columns` columns.
    RowReader(Bus& bus, const MatrixView& view, uint32_t columns, uint32_t row)
        : bus_(bus), view_(view), row_(row), column_(view.first), columns_(columns) {}

    /// The next `count`, at most kChunk, as fp32. There must be as many.
    [[nodiscard]] bool take(uint32_t* elements, uint32_t count);

  private:
    [[nodiscard]] bool begin_block();
    [[nodiscard]] bool take_halves(uint32_t* elements, uint32_t count);

    Bus& bus_;
    const MatrixView& view_;
    uint32_t row_, column_;
    uint32_t columns_;   ///< from column_ on
    uint32_t left_ = 0;  ///< of them, in the block
    uint64_t address_ = 0;
    bool half_ = false;  ///< the second of a word comes next
    uint32_t word_ = 0;
};

/// Writes the elements of a row. Each row of a block ends with zeros up to a whole beat.
class RowWriter {
  public:
    RowWriter(Bus& bus, const MatrixView& view, uint32_t columns, uint32_t row, uint32_t bus_bytes)
        : bus_(bus), view_(view), row_(row), columns_(columns), bus_bytes_(bus_bytes) {}

    /// The next `count`, at most kChunk.
    [[nodiscard]] bool put(const uint32_t* elements, uint32_t count);

  private:
    [[nodiscard]] bool put_halves(const uint32_t* elements, uint32_t count);
    [[nodiscard]] bool write(const uint32_t* words, uint32_t count);
    [[nodiscard]] bool end_block();

    Bus& bus_;
    const MatrixView& view_;
    uint32_t row_, column_ = 0;
    uint32_t columns_;   ///< from column_ on
    uint32_t left_ = 0;  ///< of them, in the block
    uint32_t bus_bytes_;
    uint64_t address_ = 0;
    bool half_ = false;  ///< the first of a word waits for the second
    uint32_t word_ = 0;
};

/// Does a row of so many columns fit, and does every row of a block begin at a whole beat?
bool placed_view(const MatrixView& view, uint32_t columns, const spec::DeviceParams& device);

/// Bytes of the 32-bit accesses that a row of so many columns takes: read, and written.
uint64_t row_bytes_read(const MatrixView& view, uint32_t columns);
uint64_t row_bytes_written(const MatrixView& view, uint32_t columns, uint32_t bus_bytes);

/// The smaller of the two.
constexpr uint32_t at_most(uint32_t a, uint32_t b) { return a < b ? a : b; }

}  // namespace tessera::fw
