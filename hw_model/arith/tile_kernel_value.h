// SPDX-License-Identifier: MIT
// Inner loops of the value stage and of what follows it: exp2, P*V, merge, store. Vectorised across
// keys for the weights, across d_v for everything else.
// Included once by each hw_model/tile_kernel_<set>.cpp.
#pragma once
#include <cstdint>
#include <cstring>

#include "hw_model/arith/tile_kernel_isa.h"
#include "hw_model/arith/tile_kernel_vector.h"
#include "spec/float.h"
#include "spec/softmax.h"

namespace tessera::hw::detail {
namespace {

inline uint32_t bits_of(float x) {
    uint32_t r;
    std::memcpy(&r, &x, 4);
    return r;
}
inline float float_of(uint32_t x) {
    float r;
    std::memcpy(&r, &x, 4);
    return r;
}

/// Value and slope of the exponential's pieces in one word each, for one lookup.
struct ExpPieces {
    int32_t word[32];
    constexpr ExpPieces() : word() {
        for (uint32_t i = 0; i < 32; ++i)
            word[i] = spec::kExpTable[i] | static_cast<int32_t>(spec::kExpSlope[i]) << 16;
    }
};
constexpr ExpPieces kExpPieces;

inline VectorI exp_piece(VectorI index) {
#if defined(__AVX512F__)
    return VectorI(_mm512_permutex2var_epi32(__m512i(load(kExpPieces.word)), __m512i(index),
                                             __m512i(load(kExpPieces.word + 16))));
#else
    VectorI r{};
    for (uint32_t i = 0; i < kWidth; ++i) r[i] = kExpPieces.word[index[i]];
    return r;
#endif
}

/// spec::exp2_weight as fp32 bits; x = t - m*65536 in two halves, which need no 33rd bit.
inline VectorI softmax_weight(VectorI t, VectorI m) {
    const VectorI n = m - (t >> 16);
    const VectorI f = t & 0xffff;
    const VectorI piece = exp_piece(f >> 11);
    const VectorI y = (piece & 0xffff) + ((piece >> 16) * (f >> 3 & 255) >> 8);
    const VectorI u = (y + 64) >> 7;
    const VectorU bf16 = VectorU(126 - n) * 128 + VectorU(u);
    return n >= 127 ? VectorI{} : VectorI(bf16 << 16);
}

/// spec::fp32_to_bf16, as fp32 bits.
inline VectorI identity_weight(VectorI t) {
    const VectorU x = VectorU(t);
    const VectorU magnitude = x & 0x7fffffff;
    const VectorU rounded = (x + 0x7fff + (x >> 16 & 1)) & 0xffff0000;
    const VectorU flushed = magnitude < 0x800000 ? x & 0x80000000 : rounded;
    const VectorU infinity = VectorU{} + 0x7f800000;
    return VectorI(magnitude > infinity ? VectorU{} + spec::kNan : flushed);
}

/// Weights of one row; zero where a key does not count. Returns the exponents met.
uint32_t weights_of_row(const ValueLoop& in, uint32_t row, float* out) {
    const uint64_t at = uint64_t{row} * in.t_stride;
    const uint8_t* state = in.state != nullptr ? in.state + at : nullptr;
    const VectorI m = splat(int32_t{in.m[row]});
    ExponentRange range;
    for (uint32_t j = 0; j < in.t_stride; j += kWidth) {
        const VectorI t = load(in.t + at + j);
        VectorI p = in.identity ? identity_weight(t) : softmax_weight(t, m);
        VectorI counts = lane_numbers() < splat(static_cast<int32_t>(in.n - j));
        if (state != nullptr) {
            const VectorI entry = load_bytes(state + j);
            p = entry == int32_t{kNanEntry} ? splat(static_cast<int32_t>(spec::kNan)) : p;
            counts &= entry != int32_t{kMaskedEntry};
        }
        p &= counts;
        store(out + j, VectorF(p));
        range.add(VectorU(p));
    }
    return range.packed();
}

/// masks[j]: bit r says that row `row + r` must not see key j.
void row_masks(const ValueLoop& in, uint32_t row, uint32_t rows) {
    constexpr uint64_t kMaskedBits = 0x0101010101010101;
    for (uint32_t j = 0; j < in.t_stride; j += 8) {
        uint64_t all = 0;
        for (uint32_t r = 0; r < rows; ++r) {
            uint64_t eight;
            std::memcpy(&eight, in.state + uint64_t{row + r} * in.t_stride + j, 8);
            all |= (eight & kMaskedBits) << r;
        }
        std::memcpy(in.masks + j, &all, 8);
    }
}

/// First key from `begin` whose mask differs from that of `begin`, at most n.
uint32_t end_of_run(const ValueLoop& in, uint32_t begin) {
    const uint64_t same = in.masks[begin] * uint64_t{0x0101010101010101};
    uint32_t j = begin + 1;
    while (j < in.n && in.masks[j] == in.masks[begin]) {
        uint64_t eight;
        if (j % 8 == 0 && (std::memcpy(&eight, in.masks + j, 8), eight == same))
            j += 8;
        else
            ++j;
    }
    return j < in.n ? j : in.n;
}

/// Keys [begin, end) into kRows rows from `row`, whose weights start at `weights`.
template <uint32_t kRows, bool kFused>
void accumulate(const ValueLoop& in, uint32_t row, const float* weights, uint32_t begin,
                uint32_t end) {
    const Panels& v = in.values;
    for (uint32_t first = 0; first < v.padded; first += kPanel) {
        const uint32_t width = v.padded - first < kPanel ? v.padded - first : kPanel;
        const BlockArgs args{
            weights,   in.t_stride, v.data + uint64_t{first} * v.outer,      width,
            begin,     end,         in.o + uint64_t{row} * v.padded + first, v.padded,
            in.l + row};
        if (first == 0)
            all_columns<kRows, kFused, true, false>(args, width);
        else
            all_columns<kRows, kFused, false, false>(args, width);
    }
}

/// kRows rows against all keys: runs of keys that every row sees go together, others row by row.
template <uint32_t kRows, bool kFused>
void row_block(const ValueLoop& in, uint32_t row) {
    if (in.state == nullptr) return accumulate<kRows, kFused>(in, row, in.weights, 0, in.n);
    row_masks(in, row, kRows);
    for (uint32_t begin = 0, end = 0; begin < in.n; begin = end) {
        end = end_of_run(in, begin);
        if (in.masks[begin] == 0) {
            accumulate<kRows, kFused>(in, row, in.weights, begin, end);
            continue;
        }
        for (uint32_t r = 0; r < kRows; ++r)
            if ((in.masks[begin] >> r & 1) == 0)
                accumulate<1, kFused>(in, row + r, in.weights + uint64_t{r} * in.t_stride, begin,
                                      end);
    }
}

/// One NaN for all, so that bits can be compared.
void make_canonical(float* x, uint64_t n) {
    for (uint64_t i = 0; i < n; ++i) x[i] = x[i] != x[i] ? float_of(spec::kNan) : x[i];
}

template <uint32_t kRows>
void weighted_rows(const ValueLoop& in, uint32_t row) {
    uint32_t exponents = kNoExponents;
    for (uint32_t r = 0; r < kRows; ++r)
        exponents = join_exponents(
            exponents, weights_of_row(in, row + r, in.weights + uint64_t{r} * in.t_stride));
    if (kCanFuse && may_fuse(exponents, in.value_exponents))
        row_block<kRows, kCanFuse>(in, row);
    else
        row_block<kRows, false>(in, row);
    make_canonical(in.o + uint64_t{row} * in.values.padded, uint64_t{kRows} * in.values.padded);
    make_canonical(in.l + row, kRows);
}

void values(const ValueLoop& in) {
    uint32_t row = 0;
    for (; row + kRowBlock <= in.rows; row += kRowBlock) weighted_rows<kRowBlock>(in, row);
    for (; row < in.rows; ++row) weighted_rows<1>(in, row);
}

/// spec::fp_scale_down.
inline uint32_t scale_down(uint32_t x, uint32_t delta) {
    const uint32_t exponent = x >> 23 & 255;
    const uint32_t scaled = exponent <= delta ? x & spec::kSign : x - (delta << 23);
    return exponent == 255 ? x : scaled;
}

void merge(float* state, const float* tile, uint32_t n, uint32_t state_delta, uint32_t tile_delta) {
    for (uint32_t i = 0; i < n; ++i) {
        const float a = float_of(scale_down(bits_of(state[i]), state_delta));
        const float b = float_of(scale_down(bits_of(tile[i]), tile_delta));
        const float sum = a + b;
        state[i] = sum != sum ? float_of(spec::kNan) : sum;
    }
}

/// An fp32 as it is stored: one NaN, no subnormals.
inline uint32_t stored(float x) {
    const uint32_t bits = bits_of(x);
    const uint32_t magnitude = bits & 0x7fffffff;
    const uint32_t flushed = magnitude < 0x800000 ? bits & spec::kSign : bits;
    return magnitude > spec::kInf ? spec::kNan : flushed;
}

void store_elements(const float* o, uint32_t n, float l, bool normalise, bool bf16, uint32_t* out) {
    if (normalise)
        for (uint32_t i = 0; i < n; ++i) out[i] = stored(o[i] / l);
    else
        for (uint32_t i = 0; i < n; ++i) out[i] = stored(o[i]);
    if (!bf16) return;
    for (uint32_t i = 0; i < n; ++i) {
        const uint32_t rounded = (out[i] + 0x7fff + (out[i] >> 16 & 1)) >> 16;
        out[i] = out[i] == spec::kNan ? uint32_t{spec::kNanBf16} : rounded;
    }
}

}  // namespace
}  // namespace tessera::hw::detail
