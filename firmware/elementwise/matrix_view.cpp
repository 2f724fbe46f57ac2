// SPDX-License-Identifier: MIT
#include "firmware/elementwise/matrix_view.h"

#include "spec/float.h"
#include "spec/integers.h"

namespace tessera::fw {
namespace {

constexpr uint32_t kHalves = kChunk / 2;  ///< words of a chunk in bf16

constexpr uint32_t element_bytes(const MatrixView& view) { return view.bf16 ? 2 : 4; }

/// Columns of the block of `column`, from there on, of a row that goes on for `columns`.
uint32_t in_block(const MatrixView& view, uint32_t column, uint32_t columns) {
    return at_most(columns, view.block - column % view.block);
}

uint64_t element_address(const MatrixView& view, uint32_t row, uint32_t column) {
    return row_address(view.tensor, column / view.block, row) +
           uint64_t{column % view.block} * element_bytes(view);
}

}  // namespace

bool RowReader::begin_block() {
    left_ = in_block(view_, column_, columns_);
    address_ = element_address(view_, row_, column_);
    half_ = address_ % 4 != 0;
    if (!half_) return true;
    address_ += 2;
    return bus_.read32(address_ - 4, word_);
}

bool RowReader::take_halves(uint32_t* elements, uint32_t count) {
    if (half_ && count != 0) {
        *elements++ = spec::bf16_to_fp32(static_cast<uint16_t>(word_ >> 16));
        half_ = false;
        --count;
    }
    const uint32_t pairs = count / 2, size = (count + 1) / 2;
    uint32_t words[kHalves];
    if (!bus_.read_words(address_, words, size)) return false;
    address_ += uint64_t{4} * size;
    for (uint32_t i = 0; i < pairs; ++i) {
        elements[2 * i] = spec::bf16_to_fp32(static_cast<uint16_t>(words[i]));
        elements[2 * i + 1] = spec::bf16_to_fp32(static_cast<uint16_t>(words[i] >> 16));
    }
    if (count % 2 == 0) return true;
    word_ = words[pairs];
    half_ = true;
    elements[count - 1] = spec::bf16_to_fp32(static_cast<uint16_t>(word_));
    return true;
}

bool RowReader::take(uint32_t* elements, uint32_t count) {
    while (count != 0) {
        if (left_ == 0 && !begin_block()) return false;
        const uint32_t n = at_most(count, left_);
        if (view_.bf16) {
            if (!take_halves(elements, n)) return false;
        } else {
            if (!bus_.read_words(address_, elements, n)) return false;
            address_ += uint64_t{4} * n;
        }
        column_ += n;
        columns_ -= n;
        left_ -= n;
        elements += n;
        count -= n;
    }
    return true;
}

bool RowWriter::write(const uint32_t* words, uint32_t count) {
    address_ += uint64_t{4} * count;
    return bus_.write_words(address_ - uint64_t{4} * count, words, count);
}

bool RowWriter::put_halves(const uint32_t* elements, uint32_t count) {
    uint32_t words[kHalves + 1], size = 0;
    for (uint32_t i = 0; i < count; ++i) {
        const uint32_t bits = spec::fp32_to_bf16(elements[i]);
        if (half_)
            words[size++] = word_ | bits << 16;
        else
            word_ = bits;
        half_ = !half_;
    }
    return write(words, size);
}

bool RowWriter::end_block() {
    constexpr uint32_t kZeros[16] = {};
    if (half_ && !write(&word_, 1)) return false;
    half_ = false;
    while (address_ % bus_bytes_ != 0) {
        const auto words = static_cast<uint32_t>((bus_bytes_ - address_ % bus_bytes_) / 4);
        if (!write(kZeros, at_most(words, 16))) return false;
    }
    return true;
}

bool RowWriter::put(const uint32_t* elements, uint32_t count) {
    while (count != 0) {
        if (left_ == 0) {
            left_ = in_block(view_, column_, columns_);
            address_ = element_address(view_, row_, column_);
        }
        const uint32_t n = at_most(count, left_);
        if (!(view_.bf16 ? put_halves(elements, n) : write(elements, n))) return false;
        column_ += n;
        columns_ -= n;
        left_ -= n;
        elements += n;
        count -= n;
        if (left_ == 0 && !end_block()) return false;
    }
    return true;
}

bool placed_view(const MatrixView& view, uint32_t columns, const spec::DeviceParams& device) {
    if (view.block == 0) return false;
    const uint32_t widest = at_most(view.block, view.first + columns);
    return placed(view.tensor, widest * element_bytes(view), device.bus_bytes);
}

uint64_t row_bytes_read(const MatrixView& view, uint32_t columns) {
    uint64_t bytes = 0;
    for (uint32_t column = view.first, n = 0; columns != 0; column += n, columns -= n) {
        n = in_block(view, column, columns);
        const uint64_t begin = uint64_t{column % view.block} * element_bytes(view);
        bytes += spec::round_up(begin + uint64_t{n} * element_bytes(view), 4u) - begin / 4 * 4;
    }
    return bytes;
}

uint64_t row_bytes_written(const MatrixView& view, uint32_t columns, uint32_t bus_bytes) {
    uint64_t bytes = 0;
    for (uint32_t column = 0, n = 0; column < columns; column += n) {
        n = in_block(view, column, columns - column);
        bytes += spec::round_up(uint64_t{n} * element_bytes(view), bus_bytes);
    }
    return bytes;
}

}  // namespace tessera::fw
