// SPDX-License-Identifier: MIT
// Inner loops that bring bf16 into the layout of the kernel and note the exponents met.
// Included once by each hw_model/tile_kernel_<set>.cpp.
#pragma once
#include <cstdint>
#include <cstring>

#include "hw_model/tile_kernel_isa.h"
#include "hw_model/tile_kernel_vector.h"

namespace tessera::hw::detail {
namespace {

/// Up to kWidth bf16 as fp32 bits, zeros after the first n.
inline VectorU load_some(const uint16_t* in, uint32_t n) {
    if (n >= kWidth) return load_bf16(in);
    uint16_t padded[kWidth] = {};
    std::memcpy(padded, in, n * sizeof *in);
    return load_bf16(padded);
}

uint32_t widen(const WidenLoop& x) {
    ExponentRange range;
    for (uint32_t row = 0; row < x.rows; ++row) {
        const uint16_t* in = x.in + uint64_t{row} * x.stride;
        float* out = x.out + uint64_t{row} * x.out_stride;
        for (uint32_t i = 0; i < x.n; i += kWidth) {
            const VectorU bits = load_some(in + i, x.n - i);
            range.add(bits);
            if (x.n - i >= kWidth)
                store(out + i, VectorF(bits));
            else
                std::memcpy(out + i, &bits, uint64_t{x.n - i} * sizeof *out);
        }
    }
    return range.packed();
}

/// Row i, lane j to row j, lane i: blocks of 1, 2, 4... across the diagonal change places.
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
        for (uint32_t k = 0; k < outer; k += kWidth) {
            VectorU square[kWidth];
            for (uint32_t i = 0; i < kWidth; ++i) {
                const uint64_t at = uint64_t{row + i} * stride + k;
                square[i] = row + i < rows ? load_some(in + at, outer - k) : VectorU{};
                range.add(square[i]);
            }
            transpose_square(square);
            for (uint32_t i = 0; i < kWidth && k + i < outer; ++i)
                store(out + uint64_t{k + i} * width + row, VectorF(square[i]));
        }
    return range.packed();
}

}  // namespace
}  // namespace tessera::hw::detail
