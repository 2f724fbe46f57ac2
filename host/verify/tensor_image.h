// SPDX-License-Identifier: MIT
// Device memory that is filled as tensors are placed in it, from address 0 on. What nobody puts
// there is NaN.
#pragma once
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "firmware/plan/job.h"
#include "host/float_bits.h"
#include "spec/params.h"

namespace tessera::verify {

class TensorImage {
  public:
    TensorImage(const spec::DeviceParams& params, std::mt19937_64& random)
        : params_(params), random_(random) {}

    const std::vector<uint8_t>& bytes() const { return bytes_; }

    /// A tensor with rows of so many bytes, now and then with a wider pitch.
    fw::Tensor place(uint32_t heads, uint32_t rows, uint32_t row_bytes) {
        fw::Tensor t;
        t.address = bytes_.size();
        t.pitch = (params_.beats(row_bytes) + (random_() % 4 == 0 ? 1 : 0)) * params_.bus_bytes;
        t.head_stride = uint64_t{t.pitch} * rows;
        bytes_.resize(bytes_.size() + heads * t.head_stride, 0xff);
        return t;
    }
    /// The same with random numbers of 2^-7 to 4 in every row, bf16.
    fw::Tensor place_random(uint32_t heads, uint32_t rows, uint32_t columns) {
        const fw::Tensor t = place(heads, rows, 2 * columns);
        for (uint32_t head = 0; head < heads; ++head)
            for (uint32_t row = 0; row < rows; ++row)
                for (uint32_t column = 0; column < columns; ++column) {
                    const uint64_t x = random_();
                    put(t, head, row, column,
                        static_cast<uint16_t>((x & 0x807f) | (120 + (x >> 32) % 9) << 7));
                }
        return t;
    }
    /// The identity matrix of so many rows.
    fw::Tensor place_identity(uint32_t rows) {
        const fw::Tensor t = place(1, rows, 2 * rows);
        for (uint32_t i = 0; i < rows; ++i)
            for (uint32_t j = 0; j < rows; ++j) put(t, 0, i, j, i == j ? spec::kOneBf16 : 0);
        return t;
    }

    uint16_t at(const fw::Tensor& t, uint32_t head, uint32_t row, uint32_t column) const {
        uint16_t element;
        std::memcpy(&element, &bytes_[fw::row_address(t, head, row) + uint64_t{2} * column],
                    sizeof element);
        return element;
    }

  private:
    void put(const fw::Tensor& t, uint32_t head, uint32_t row, uint32_t column, uint16_t element) {
        std::memcpy(&bytes_[fw::row_address(t, head, row) + uint64_t{2} * column], &element,
                    sizeof element);
    }

    const spec::DeviceParams params_;
    std::mt19937_64& random_;
    std::vector<uint8_t> bytes_;
};

}  // namespace tessera::verify
