// SPDX-License-Identifier: MIT
#include "host/operation/matrix_part.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "host/float_bits.h"

namespace tessera::host {
namespace {

/// Elements of a row that lie in one block.
struct Piece {
    uint64_t address = 0, count = 0;
    uint64_t index = 0;  ///< of the first of them, in the host's order
};

/// Visits all pieces.
template <typename Visit>
void for_each_piece(const MatrixPart& part, const fw::Tensor& tensor, ElementOrder order,
                    Visit visit) {
    const TensorLayout& layout = part.layout;
    for (uint64_t row = 0; row < part.rows; ++row)
        for (uint64_t at = 0, count = 0; at < part.columns; at += count) {
            const uint64_t column = part.first_column + at;
            const uint64_t block = column / layout.columns, in_block = column % layout.columns;
            count = std::min(part.columns - at, layout.columns - in_block);
            const uint64_t address = fw::row_address(tensor, static_cast<uint32_t>(block),
                                                     static_cast<uint32_t>(part.first_row + row)) +
                                     in_block * element_bytes(layout.type);
            const uint64_t index = order == ElementOrder::kMatrix
                                       ? row * part.columns + at
                                       : (block * part.rows + row) * layout.columns;
            visit(Piece{address, count, index});
        }
}

void write_element(float x, ElementType type, uint8_t* to) {
    const uint32_t bits = type == ElementType::kIndex ? static_cast<uint32_t>(x) : bits_of(x);
    const uint16_t half = spec::fp32_to_bf16(bits);
    if (type == ElementType::kBf16)
        std::memcpy(to, &half, sizeof half);
    else
        std::memcpy(to, &bits, sizeof bits);
}

}  // namespace

MatrixPart MatrixPart::of_columns(const TensorLayout& layout, uint64_t first, uint64_t count) {
    MatrixPart part(layout);
    part.first_column = first;
    part.columns = count;
    return part;
}

MatrixPart MatrixPart::of_rows(const TensorLayout& layout, uint64_t first, uint64_t count) {
    MatrixPart part(layout);
    part.first_row = first;
    part.rows = count;
    return part;
}

MatrixPart MatrixPart::row_of_fp32(uint64_t columns) {
    return MatrixPart(TensorLayout::matrix(ElementType::kFp32, 1, columns, columns));
}

fw::MatrixView MatrixPart::view(const fw::Tensor& tensor) const {
    fw::MatrixView view;
    view.tensor = tensor;
    view.tensor.address += first_row * tensor.pitch;
    view.block = static_cast<uint32_t>(layout.columns);
    view.bf16 = layout.type == ElementType::kBf16;
    view.first = static_cast<uint32_t>(first_column);
    return view;
}

std::string MatrixPart::text() const {
    const std::string size = fmt::format("{} x {} {}", rows, columns, element_name(layout.type));
    if (whole()) return size;
    return fmt::format("{} from row {} and column {} of {}", size, first_row, first_column,
                       layout.text());
}

std::vector<float> read_part(const MatrixPart& part, const fw::Tensor& tensor, ElementOrder order,
                             const MemoryAccess& memory) {
    std::vector<float> elements(part.elements());
    const ElementType type = part.layout.type;
    for_each_piece(part, tensor, order, [&](const Piece& piece) {
        std::vector<float> row;
        append_row(memory(piece.address, piece.count * element_bytes(type)), piece.count, type,
                   row);
        std::copy(row.begin(), row.end(), elements.begin() + static_cast<ptrdiff_t>(piece.index));
    });
    return elements;
}

void write_part(const std::vector<float>& elements, const MatrixPart& part,
                const fw::Tensor& tensor, ElementOrder order, const MemoryAccess& memory) {
    const TensorLayout& layout = part.layout;
    const uint32_t size = element_bytes(layout.type);
    for (uint64_t block = 0; part.whole() && block < layout.blocks; ++block)
        std::memset(memory(tensor.address + block * tensor.head_stride, layout.rows * tensor.pitch),
                    0, layout.rows * tensor.pitch);
    for_each_piece(part, tensor, order, [&](const Piece& piece) {
        uint8_t* to = memory(piece.address, piece.count * size);
        for (uint64_t i = 0; i < piece.count; ++i)
            write_element(elements[piece.index + i], layout.type, to + i * size);
    });
}

}  // namespace tessera::host
