// SPDX-License-Identifier: MIT
#include "host/operation/device_memory.h"

#include <algorithm>
#include <memory>

#include "host/float_bits.h"
#include "spec/float.h"

namespace tessera::host {

void write_identity(const fw::Tensor& to, uint32_t rows, const MemoryAccess& memory) {
    write_rows(to, 1, rows, memory, [](uint64_t, uint64_t row, uint16_t* out) {
        if (row != 0) out[row - 1] = 0;
        out[row] = spec::kOneBf16;
    });
}

void append_row(const uint8_t* row, uint64_t columns, ElementType type, std::vector<float>& out) {
    for (uint64_t c = 0; c < columns; ++c) {
        uint32_t bits;
        uint16_t half;
        if (type == ElementType::kBf16) {
            std::memcpy(&half, row + 2 * c, sizeof half);
            bits = spec::bf16_to_fp32(half);
        } else {
            std::memcpy(&bits, row + 4 * c, sizeof bits);
        }
        out.push_back(type == ElementType::kIndex ? static_cast<float>(bits) : float_of(bits));
    }
}

std::vector<float> read_heads(const TensorLayout& layout, const fw::Tensor& from,
                              const MemoryAccess& memory, const fw::PageTable& pages) {
    std::vector<float> values;
    values.reserve(layout.elements());
    for (uint32_t block = 0; block < layout.blocks; ++block)
        for (uint32_t row = 0; row < layout.rows; ++row)
            append_row(memory(fw::row_address(from, block, pages.row(row)),
                              layout.columns_of(block) * element_bytes(layout.type)),
                       layout.columns_of(block), layout.type, values);
    return values;
}

std::vector<float> read_matrix(const TensorLayout& layout, const fw::Tensor& from,
                               const MemoryAccess& memory) {
    std::vector<float> values;
    values.reserve(layout.elements());
    for (uint32_t row = 0; row < layout.rows; ++row)
        for (uint32_t block = 0; block < layout.blocks; ++block)
            append_row(memory(fw::row_address(from, block, row), from.pitch),
                       layout.columns_of(block), layout.type, values);
    return values;
}

Operand operand_of(const std::vector<float>& values) {
    const auto elements = std::make_shared<std::vector<uint16_t>>();
    for (const float x : values) elements->push_back(spec::fp32_to_bf16(bits_of(x)));
    Operand operand;
    operand.dtype = "BF16";
    operand.bf16 = [elements](uint64_t first, uint64_t count, uint16_t* out) {
        std::copy_n(elements->begin() + static_cast<ptrdiff_t>(first), count, out);
    };
    return operand;
}

}  // namespace tessera::host
