// SPDX-License-Identifier: MIT
// Vectors of the widest registers of the instruction set this file is compiled for, and the one
// multiply-add block that both Q*K^T and P*V are made of. Included once by each
// hw_model/tile_kernel_<set>.cpp; everything is local to that file, since the same names are
// compiled for other sets elsewhere.
#pragma once
#include <immintrin.h>

#include <cstdint>

namespace tessera::hw::detail {
namespace {

#if defined(__AVX512F__)
constexpr uint32_t kWidth = 16;
constexpr uint32_t kBlockVectors = 4;
constexpr bool kCanFuse = true;
#elif defined(__AVX2__) && defined(__FMA__)
constexpr uint32_t kWidth = 8;
constexpr uint32_t kBlockVectors = 2;  // 16 registers hold 4 rows of 2 and their operands
constexpr bool kCanFuse = true;
#else
constexpr uint32_t kWidth = 4;
constexpr uint32_t kBlockVectors = 2;
constexpr bool kCanFuse = false;
#endif

using VectorF __attribute__((vector_size(4 * kWidth))) = float;
using VectorI __attribute__((vector_size(4 * kWidth))) = int32_t;
using VectorU __attribute__((vector_size(4 * kWidth))) = uint32_t;
using VectorS __attribute__((vector_size(4 * kWidth))) = int16_t;
using VectorH __attribute__((vector_size(4 * kWidth))) = uint16_t;  // "half words"
// The same in memory: any alignment, any type.
using MemoryF __attribute__((vector_size(4 * kWidth), aligned(4), may_alias)) = float;
using MemoryI __attribute__((vector_size(4 * kWidth), aligned(4), may_alias)) = int32_t;
using MemoryPairs __attribute__((vector_size(4 * kWidth), aligned(2), may_alias)) = uint32_t;

inline VectorF load(const float* p) { return *reinterpret_cast<const MemoryF*>(p); }
inline void store(float* p, VectorF x) { *reinterpret_cast<MemoryF*>(p) = x; }
inline VectorF load_float(const int32_t* p) { return *reinterpret_cast<const MemoryF*>(p); }
inline VectorI load(const int32_t* p) { return *reinterpret_cast<const MemoryI*>(p); }
inline void store(int32_t* p, VectorI x) { *reinterpret_cast<MemoryI*>(p) = x; }

// Widening conversions, which compilers scalarise unless told.
inline VectorI load_bytes(const uint8_t* p) {
#if defined(__AVX512F__)
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return VectorI(_mm512_maskz_cvtepu8_epi32(0xffff, bytes));
#elif defined(__AVX2__) && defined(__FMA__)
    return VectorI(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
#else
    return VectorI{p[0], p[1], p[2], p[3]};
#endif
}
inline VectorU load_pairs(const uint16_t* p) { return *reinterpret_cast<const MemoryPairs*>(p); }
inline VectorU load_bf16(const uint16_t* p) {
#if defined(__AVX512F__)
    const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return VectorU(_mm512_maskz_cvtepu16_epi32(0xffff, halves)) << 16;
#elif defined(__AVX2__) && defined(__FMA__)
    const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return VectorU(_mm256_cvtepu16_epi32(halves)) << 16;
#else
    return VectorU{p[0], p[1], p[2], p[3]} << 16;
#endif
}

inline VectorF splat(float x) { return x - VectorF{}; }  // x - (+0) is x, even for -0
inline VectorI splat(int32_t x) { return x - VectorI{}; }

inline VectorI lane_numbers() {
    VectorI r{};
    for (uint32_t i = 0; i < kWidth; ++i) r[i] = static_cast<int32_t>(i);
    return r;
}

/// Combine all lanes with `op`, a function of two vectors, by halves.
template <typename Op>
inline int32_t reduce(VectorI x, Op op) {
#if !defined(__clang__)
    for (uint32_t step = kWidth / 2; step != 0; step /= 2)
        x = op(x, __builtin_shuffle(x, lane_numbers() ^ static_cast<int32_t>(step)));
#else
    for (uint32_t i = 1; i < kWidth; ++i) x = op(x, splat(int32_t{x[i]}));
#endif
    return x[0];
}
inline int32_t lowest(VectorI x) {
    return reduce(x, [](VectorI a, VectorI b) { return a < b ? a : b; });
}
inline int32_t highest(VectorI x) {
    return reduce(x, [](VectorI a, VectorI b) { return a > b ? a : b; });
}
inline bool any(VectorI x) {
#if defined(__AVX512F__)
    return _mm512_test_epi32_mask(__m512i(x), __m512i(x)) != 0;
#else
    return reduce(x, [](VectorI a, VectorI b) { return a | b; }) != 0;
#endif
}

/// Exponents met, as tile_kernel_isa.h sums them up, of bf16 numbers, two in each 32-bit lane (one
/// of them may be zero). One exponent step is added to or taken from the magnitude so that what
/// does not count wraps round: infinities and NaN to the negative numbers, zeros and subnormals to
/// the largest unsigned ones.
struct ExponentRange {
    VectorH low = VectorH{} + uint16_t{254u << 7};
    VectorS high = VectorS{} + int16_t{1 << 7};

    void add(VectorU pairs) {
        const VectorH magnitude = VectorH(pairs & 0x7fff7fffu);
        const VectorH lower = magnitude - uint16_t{1 << 7};
        const VectorS higher = VectorS(magnitude + uint16_t{1 << 7});
        low = lower < low ? lower : low;
        high = higher > high ? higher : high;
    }
    uint32_t packed() const {
        const VectorI even = VectorI(VectorU(low) & 0xffff), odd = VectorI(VectorU(low) >> 16);
        const VectorI most_even = VectorI(VectorU(high) & 0xffff);
        const VectorI most_odd = VectorI(VectorU(high) >> 16);
        const int32_t least = lowest(even < odd ? even : odd) >> 7;
        const int32_t most = highest(most_even > most_odd ? most_even : most_odd) >> 7;
        return static_cast<uint32_t>((least + 1) << 8 | (most - 1));
    }
};

template <bool kFused>
inline VectorF multiply_add(VectorF a, VectorF b, VectorF c) {
#if defined(__AVX512F__)
    if constexpr (kFused) return VectorF(_mm512_fmadd_ps(__m512(a), __m512(b), __m512(c)));
#elif defined(__AVX2__) && defined(__FMA__)
    if constexpr (kFused) return VectorF(_mm256_fmadd_ps(__m256(a), __m256(b), __m256(c)));
#endif
    const VectorF product = a * b;
    return c + product;
}

/// out[r][c] (+)= sum over k in [begin, end) of a[r][k] * b[k][c], in order of k, one chain per
/// element. Strides are in elements. With kSum, sum[r] += a[r][k] as well.
struct BlockArgs {
    const float* a;
    uint64_t a_stride;
    const float* b;
    uint64_t b_stride;
    uint32_t begin, end;
    float* out;
    uint64_t out_stride;
    float* sum;
};

template <uint32_t kRows, uint32_t kColumns, bool kFused, bool kSum, bool kFromZero>
void block(const BlockArgs& x, uint32_t column) {
    // The pragmas unroll early enough for the accumulators to be registers throughout.
    float* const out = x.out + column;
    const uint64_t out_stride = x.out_stride;
    const uint64_t a_stride = x.a_stride;
    VectorF acc[kRows][kColumns];
    VectorF sum[kRows];
#pragma GCC unroll 4
    for (uint32_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
        for (uint32_t c = 0; c < kColumns; ++c)
            acc[r][c] = kFromZero ? VectorF{} : load(out + r * out_stride + c * kWidth);
        sum[r] = kSum ? splat(x.sum[r]) : VectorF{};
    }
    const float* a = x.a + x.begin;
    const float* const end = x.a + x.end;
    const float* b = x.b + x.begin * x.b_stride + column;
    for (; a < end; ++a, b += x.b_stride) {
        VectorF right[kColumns];
#pragma GCC unroll 4
        for (uint32_t c = 0; c < kColumns; ++c) right[c] = load(b + c * kWidth);
#pragma GCC unroll 4
        for (uint32_t r = 0; r < kRows; ++r) {
            const VectorF left = splat(a[r * a_stride]);
#pragma GCC unroll 4
            for (uint32_t c = 0; c < kColumns; ++c)
                acc[r][c] = multiply_add<kFused>(left, right[c], acc[r][c]);
            if constexpr (kSum) sum[r] = sum[r] + left;
        }
    }
#pragma GCC unroll 4
    for (uint32_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
        for (uint32_t c = 0; c < kColumns; ++c) store(out + r * out_stride + c * kWidth, acc[r][c]);
        if constexpr (kSum) x.sum[r] = sum[r][0];
    }
}

/// block() over all `width` columns, a multiple of kPad; the sums go with the first block.
template <uint32_t kRows, bool kFused, bool kSum, bool kFromZero>
void all_columns(const BlockArgs& x, uint32_t width) {
    constexpr uint32_t kStep = kBlockVectors * kWidth;
    uint32_t column = 0;
    if constexpr (kSum) {
        if (width >= kStep) {
            block<kRows, kBlockVectors, kFused, true, kFromZero>(x, 0);
            column = kStep;
        } else {
            block<kRows, 1, kFused, true, kFromZero>(x, 0);
            column = kWidth;
        }
    }
    for (; column + kStep <= width; column += kStep)
        block<kRows, kBlockVectors, kFused, false, kFromZero>(x, column);
    for (; column + 2 * kWidth <= width; column += 2 * kWidth)
        block<kRows, 2, kFused, false, kFromZero>(x, column);
    for (; column < width; column += kWidth) block<kRows, 1, kFused, false, kFromZero>(x, column);
}

}  // namespace
}  // namespace tessera::hw::detail
