// SPDX-License-Identifier: MIT
// Inner loops that bring bf16 into the layout of the kernel and note the exponents met.
// Included once by each hw_model/tile_kernel_<set>.cpp.
#pragma once
#include <cstdint>
#include <cstring>

#include "hw_model/arith/tile_kernel_isa.h"
#include "hw_model/arith/tile_kernel_vector.h"

namespace tessera::hw::detail {
namespace {

constexpr uint32_t kPairs = 2 * kWidth;  // bf16 numbers in a vector

/// Up to kPairs bf16, zeros after the first n.
inline VectorU load_some(const uint16_t* in, uint32_t n) {
    if (n >= kPairs) return load_pairs(in);
    uint16_t padded[kPairs] = {};
    std::memcpy(padded, in, n * sizeof *in);
    return load_pairs(padded);
}

/// Elements of one row to fp32.
inline void widen_row(const uint16_t* in, uint32_t n, float* out, ExponentRange& range) {
    uint32_t i = 0;
    for (; i + kPairs <= n; i += kPairs) {
        range.add(load_pairs(in + i));
        store(out + i, VectorF(load_bf16(in + i)));
        store(out + i + kWidth, VectorF(load_bf16(in + i + kWidth)));
    }
    if (i == n) return;
    range.add(load_some(in + i, n - i));
    for (; i < n; ++i) {
        const uint32_t bits = uint32_t{in[i]} << 16;
        std::memcpy(out + i, &bits, sizeof bits);
    }
}

uint32_t widen(const WidenLoop& x) {
    ExponentRange range;
    for (uint32_t row = 0; row < x.rows; ++row)
        widen_row(x.in + uint64_t{row} * x.stride, x.n, x.out + uint64_t{row} * x.out_stride,
                  range);
    return range.packed();
}

/// 32-bit lanes: row i, lane j to row j, lane i: blocks of 1, 2, 4... across the diagonal change
/// places.
inline void transpose_square(VectorU (&x)[kWidth]) {
#if !defined(__clang__)
#pragma GCC unroll 4
    for (uint32_t step = kWidth / 2; step != 0; step /= 2) {
        const VectorI lane = lane_numbers();
        const VectorI other = lane ^ static_cast<int32_t>(step);
        const VectorI second = VectorI{} + static_cast<int32_t>(kWidth);
        const VectorI bit = lane & static_cast<int32_t>(step);
        const VectorI upper = bit == 0 ? lane : other + second;
        const VectorI lower = bit == 0 ? other : lane + second;
#pragma GCC unroll 16
        for (uint32_t i = 0; i < kWidth; ++i) {
            if ((i & step) != 0) continue;
            const VectorU a = x[i];
            const VectorU b = x[i + step];
            x[i] = __builtin_shuffle(a, b, upper);
            x[i + step] = __builtin_shuffle(a, b, lower);
        }
    }
#else
    VectorU y[kWidth];
    for (uint32_t i = 0; i < kWidth; ++i)
        for (uint32_t j = 0; j < kWidth; ++j) y[i][j] = x[j][i];
    std::memcpy(x, y, sizeof x);
#endif
}

uint32_t transpose(const uint16_t* in, uint32_t stride, uint32_t rows, uint32_t outer,
                   uint32_t width, float* out) {
    ExponentRange range;
    for (uint32_t row = 0; row < width; row += kWidth)
        for (uint32_t k = 0; k < outer; k += kPairs) {
            VectorU square[kWidth];
            for (uint32_t i = 0; i < kWidth; ++i) {
                const uint64_t at = uint64_t{row + i} * stride + k;
                square[i] = row + i < rows ? load_some(in + at, outer - k) : VectorU{};
                range.add(square[i]);
            }
            transpose_square(square);
            float* const to = out + uint64_t{k} * width + row;
            for (uint32_t i = 0; i < kPairs && k + i < outer; i += 2) {
                store(to + uint64_t{i} * width, VectorF(square[i / 2] << 16));
                if (k + i + 1 < outer)
                    store(to + uint64_t{i + 1} * width, VectorF(square[i / 2] & 0xffff0000));
            }
        }
    return range.packed();
}

}  // namespace
}  // namespace tessera::hw::detail
