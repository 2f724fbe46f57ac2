// SPDX-License-Identifier: MIT
// A memory of the test with matrices in it, as elementwise work sees them, and elements by row and
// column. It has its own rule of where an element is, and counts accesses.
#pragma once
#include <cstring>
#include <random>
#include <vector>

#include "firmware/driver/bus.h"
#include "firmware/elementwise/matrix_view.h"
#include "host/float_bits.h"

namespace tessera::test {

/// Memory from address 0 on.
class PlainBus : public fw::WordByWordBus {
  public:
    explicit PlainBus(size_t bytes) : bytes_(bytes, 0xee) {}
    bool read32(uint64_t address, uint32_t& value) override {
        if (address + 4 > bytes_.size()) return false;
        std::memcpy(&value, &bytes_[address], 4);
        read += 4;
        return true;
    }
    bool write32(uint64_t address, uint32_t value) override {
        if (address + 4 > bytes_.size()) return false;
        std::memcpy(&bytes_[address], &value, 4);
        written += 4;
        return true;
    }
    void wait_irq() override {}
    uint8_t* at(uint64_t address) { return &bytes_[address]; }
    size_t size() const { return bytes_.size(); }
    uint64_t read = 0, written = 0;

  private:
    std::vector<uint8_t> bytes_;
};

/// A device of the tests of elementwise work: beats of 16 bytes.
inline spec::DeviceParams beats_of_16() { return {16, 16, 2, 4, 16, spec::Profile::kStateful}; }

/// Hands out places one behind the other.
class Places {
  public:
    /// For `rows` rows of view.first + `columns` columns in blocks of `block`.
    fw::MatrixView place(uint32_t rows, uint32_t columns, uint32_t block, bool bf16,
                         uint32_t first = 0) {
        fw::MatrixView view;
        view.block = block;
        view.bf16 = bf16;
        view.first = first;
        const uint32_t widest = std::min(block, first + columns);
        view.tensor.address = end_;
        view.tensor.pitch = (widest * (bf16 ? 2 : 4) + 15) / 16 * 16;
        view.tensor.head_stride = uint64_t{view.tensor.pitch} * rows;
        end_ += (first + columns + block - 1) / block * view.tensor.head_stride;
        return view;
    }
    uint64_t end() const { return end_; }

  private:
    uint64_t end_ = 0;
};

inline uint8_t* element_at(PlainBus& bus, const fw::MatrixView& view, uint32_t row,
                           uint32_t column) {
    const uint32_t at = view.first + column;
    return bus.at(view.tensor.address + at / view.block * view.tensor.head_stride +
                  uint64_t{row} * view.tensor.pitch + at % view.block * (view.bf16 ? 2 : 4));
}

inline void put_element(PlainBus& bus, const fw::MatrixView& view, uint32_t row, uint32_t column,
                        uint32_t bits) {
    const uint16_t half = spec::fp32_to_bf16(bits);
    uint8_t* at = element_at(bus, view, row, column);
    if (view.bf16)
        std::memcpy(at, &half, 2);
    else
        std::memcpy(at, &bits, 4);
}

/// As fp32 bits.
inline uint32_t get_element(PlainBus& bus, const fw::MatrixView& view, uint32_t row,
                            uint32_t column) {
    uint32_t bits = 0;
    std::memcpy(&bits, element_at(bus, view, row, column), view.bf16 ? 2 : 4);
    return view.bf16 ? bits << 16 : bits;
}

/// Elements as bits, [rows][columns].
struct Matrix {
    uint32_t rows = 0, columns = 0;
    std::vector<uint32_t> bits;

    Matrix(uint32_t r, uint32_t c) : rows(r), columns(c), bits(size_t{r} * c) {}
    uint32_t& at(uint32_t row, uint32_t column) { return bits[size_t{row} * columns + column]; }
    uint32_t at(uint32_t row, uint32_t column) const {
        return bits[size_t{row} * columns + column];
    }
    double value(uint32_t row, uint32_t column) const {
        return double{host::float_of(at(row, column))};
    }
};

inline Matrix get_matrix(PlainBus& bus, const fw::MatrixView& view, uint32_t rows,
                         uint32_t columns) {
    Matrix matrix(rows, columns);
    for (uint32_t row = 0; row < rows; ++row)
        for (uint32_t column = 0; column < columns; ++column)
            matrix.at(row, column) = get_element(bus, view, row, column);
    return matrix;
}

/// Normal numbers, as the view's type has them.
inline Matrix put_random(PlainBus& bus, const fw::MatrixView& view, uint32_t rows, uint32_t columns,
                         float spread, std::mt19937_64& random) {
    std::normal_distribution<float> normal(0, spread);
    for (uint32_t row = 0; row < rows; ++row)
        for (uint32_t column = 0; column < columns; ++column)
            put_element(bus, view, row, column, host::bits_of(normal(random)));
    return get_matrix(bus, view, rows, columns);
}

}  // namespace tessera::test
