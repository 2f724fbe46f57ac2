// SPDX-License-Identifier: MIT
// Inner loops of the score stage: Q*K^T, scaling to fixed point. Vectorised across keys. Those of
// the mask are in tile_kernel_mask.h. Included once by each hw_model/tile_kernel_<set>.cpp.
#pragma once
#include <cstdint>
#include <cstring>

#include "hw_model/arith/tile_kernel_isa.h"
#include "hw_model/arith/tile_kernel_vector.h"
#include "spec/float.h"
#include "spec/softmax.h"

namespace tessera::hw::detail {
namespace {

/// Are all entries of `rows` rows in [begin, end), multiples of 8, masked?
bool all_masked(const ScoreLoop& in, uint32_t row, uint32_t rows, uint32_t begin, uint32_t end) {
    constexpr uint64_t kAll = 0x0101010101010101;
    uint64_t both = kAll;
    for (uint32_t r = row; r < row + rows; ++r)
        for (uint32_t j = begin; j < end; j += 8) {
            uint64_t eight;
            std::memcpy(&eight, in.state + uint64_t{r} * in.keys.padded + j, 8);
            both &= eight;
        }
    return both == kAll;
}

template <bool kFused>
void dot_loop(const ScoreLoop& in) {
    const uint32_t d = in.keys.outer;
    const uint32_t padded = in.keys.padded;
    for (uint32_t first = 0; first < padded; first += kPanel) {
        const uint32_t width = padded - first < kPanel ? padded - first : kPanel;
        for (uint32_t row = 0; row < in.rows;) {
            const uint32_t rows = in.rows - row >= kRowBlock ? kRowBlock : 1;
            float* out = reinterpret_cast<float*>(in.t) + uint64_t{row} * padded + first;
            const BlockArgs args{in.q + uint64_t{row} * d,
                                 d,
                                 in.keys.data + uint64_t{first} * d,
                                 width,
                                 0,
                                 d,
                                 out,
                                 padded,
                                 nullptr};
            const bool skip =
                in.state != nullptr && all_masked(in, row, rows, first, first + width);
            if (!skip && rows == kRowBlock)
                all_columns<kRowBlock, kFused, false, true>(args, width);
            else if (!skip)
                all_columns<1, kFused, false, true>(args, width);
            row += rows;
        }
    }
}

void dot(const ScoreLoop& in) {
    if constexpr (kCanFuse) {
        if (in.fuse) return dot_loop<true>(in);
    }
    dot_loop<false>(in);
}

/// Which of the keys j... count: in the tile and allowed.
inline VectorI counted(const uint8_t* state, uint32_t j, uint32_t n) {
    const VectorI inside = lane_numbers() < splat(static_cast<int32_t>(n - j));
    if (state == nullptr) return inside;
    return inside & (load_bytes(state + j) != splat(int32_t{kMaskedEntry}));
}

RowSummary scale_identity(const ScoreLoop& in, int32_t* t, const uint8_t* state) {
    VectorI any_key{};
    VectorI any_nan{};
    for (uint32_t j = 0; j < in.keys.padded; j += kWidth) {
        const VectorF x = load_float(t + j) * splat(in.factor);
        const VectorI nan = x != x;
        const VectorI counts = counted(state, j, in.n);
        any_key |= counts;
        any_nan |= counts & nan;
        store(t + j, nan ? splat(static_cast<int32_t>(spec::kNan)) : VectorI(x));
    }
    return {0, any(any_key), any(any_nan), false};
}

/// spec::to_score. An fp32 from 2^23 on is an integer; below, adding and subtracting 2^23 rounds.
RowSummary scale_softmax(const ScoreLoop& in, int32_t* t, const uint8_t* state) {
    const VectorF limit = splat(static_cast<float>(spec::kScoreLimit));
    const VectorF integers = splat(8388608.0f);
    const VectorI sign_bit = splat(INT32_MIN);
    VectorI any_key{};
    VectorI any_nan{};
    VectorI any_saturated{};
    VectorI maximum = splat(INT32_MIN);
    for (uint32_t j = 0; j < in.keys.padded; j += kWidth) {
        const VectorF x = load_float(t + j) * splat(in.factor) * splat(65536.0f);
        const VectorI nan = x != x;
        const VectorI sign = VectorI(x) & sign_bit;
        VectorF size = VectorF(VectorI(x) & ~sign_bit);
        const VectorI saturated = size > limit;
        size = saturated ? limit : size;
        const VectorF rounded = (size + integers) - integers;
        size = size < integers ? rounded : size;
        const VectorI magnitude = __builtin_convertvector(size, VectorI);
        VectorI score = sign != 0 ? VectorI(-VectorU(magnitude)) : magnitude;
        score = nan ? sign_bit : score;
        const VectorI counts = counted(state, j, in.n);
        any_key |= counts;
        any_nan |= counts & nan;
        any_saturated |= counts & saturated;
        const VectorI candidate = counts ? score : sign_bit;
        maximum = candidate > maximum ? candidate : maximum;
        store(t + j, score);
    }
    return {highest(maximum), any(any_key), any(any_nan), any(any_saturated)};
}

RowSummary scale_row(const ScoreLoop& in, uint32_t row) {
    int32_t* t = in.t + uint64_t{row} * in.keys.padded;
    const uint8_t* state =
        in.state != nullptr ? in.state + uint64_t{row} * in.keys.padded : nullptr;
    return in.identity ? scale_identity(in, t, state) : scale_softmax(in, t, state);
}

}  // namespace
}  // namespace tessera::hw::detail
