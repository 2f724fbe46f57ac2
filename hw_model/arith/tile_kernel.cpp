// SPDX-License-Identifier: MIT
// The kernel's public functions: shapes, scratch memory, row maxima.
// The arithmetic is in the inner loops (tile_kernel_isa.h), always under a FlushGuard.
#include "hw_model/arith/tile_kernel.h"

#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include "hw_model/arith/tile_kernel_isa.h"
#include "hw_model/arith/tile_kernel_mask.h"

#if !defined(__x86_64__)
#error "tile_kernel relies on x86 flushing subnormals after rounding: docs/contract/device.md, 5"
#endif

namespace tessera::hw {

namespace detail {

namespace {

const Loops* loops_of(Isa isa) {
    return isa == Isa::kV4 ? &kV4Loops : isa == Isa::kV3 ? &kV3Loops : &kBaseLoops;
}

const Loops*& selected() {
    static const Loops* loops = loops_of(best_isa());
    return loops;
}

}  // namespace

Isa best_isa() {
    const bool v3 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 &&
                    __builtin_cpu_supports("bmi") != 0 && __builtin_cpu_supports("bmi2") != 0;
    const bool v4 =
        __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
        __builtin_cpu_supports("avx512cd") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
        __builtin_cpu_supports("avx512vl") != 0;
    return v3 && v4 ? Isa::kV4 : v3 ? Isa::kV3 : Isa::kBase;
}

void select_isa(Isa isa) { selected() = loops_of(isa); }

namespace {

/// Round to nearest, flush subnormal results and inputs, for the length of a kernel call: the
/// register belongs to the thread, and coroutines of others run on it in between.
class FlushGuard {
  public:
    FlushGuard() : saved_(_mm_getcsr()) { _mm_setcsr(kMaskedExceptions | kFlushToZero | kZeros); }
    ~FlushGuard() { _mm_setcsr(saved_); }
    FlushGuard(const FlushGuard&) = delete;
    FlushGuard& operator=(const FlushGuard&) = delete;

  private:
    static constexpr unsigned kMaskedExceptions = 0x1f80, kFlushToZero = 0x8000, kZeros = 0x0040;
    unsigned saved_;
};

/// Fills in the mask; is anything masked?
bool mask_group(const Loops& loops, const ScoreInput& in, LaneGroupScores& out) {
    std::fill(out.state.begin(), out.state.end(), kPlainEntry);
    const uint32_t first = in.visited.first;
    const uint32_t end = first + std::min(in.visited.count, out.keys - first);
    const bool whole = first == 0 && end == out.keys;
    if (whole && allows_all(in.mask, in.q_position, in.rows, in.k_position, out.keys)) return false;
    bool masked = !whole;
    for (uint32_t i = 0; i < in.rows; ++i) {
        const MaskRow row{&in.mask,      in.first_row + i, in.q_position[i],
                          in.k_position, out.keys,         out.padded};
        uint8_t* const state = out.state.data() + uint64_t{i} * out.padded;
        masked |= loops.mask_row(row, state);
        std::fill(state, state + first, kMaskedEntry);
        std::fill(state + end, state + out.keys, kMaskedEntry);
    }
    return masked;
}

/// A row in which an allowed score is NaN: the loops left INT32_MIN in t wherever one is NaN.
void note_nans(uint32_t row, LaneGroupScores& out) {
    for (uint32_t j = 0; j < out.keys; ++j) {
        const uint64_t at = uint64_t{row} * out.padded + j;
        const bool nan =
            out.identity ? spec::is_nan(static_cast<uint32_t>(out.t[at])) : out.t[at] == INT32_MIN;
        if (!nan || out.state[at] == kMaskedEntry) continue;
        out.state[at] = kNanEntry;
        if (!out.identity) out.t[at] = -spec::kScoreLimit;
    }
}

/// Flags and maximum of a row from what the loops found.
void finish_row(const RowSummary& summary, uint32_t row, LaneGroupScores& out) {
    out.flags[row] = static_cast<uint16_t>((summary.nan ? spec::kRowNan : 0u) |
                                           (summary.saturated ? spec::kRowSaturated : 0u));
    if (summary.nan) note_nans(row, out);
    if (!summary.any)
        out.m[row] = spec::kEmpty;
    else if (out.identity)
        out.m[row] = 0;
    else
        out.m[row] = static_cast<int16_t>(
            spec::score_ceiling(std::max(summary.maximum, -spec::kScoreLimit)));
}

}  // namespace
}  // namespace detail

using namespace detail;

void prepare_keys(const uint16_t* k, uint32_t stride, uint32_t n, uint32_t d_k, PreparedKeys& out) {
    const Loops& loops = *selected();
    out.keys = n;
    out.d_k = d_k;
    out.padded = padded_to(n, kPad);
    out.exponents = kNoExponents;
    out.columns.resize(uint64_t{out.padded} * d_k);
    for (uint32_t first = 0; first < n; first += kPanel) {
        const uint32_t width = std::min(kPanel, out.padded - first);
        const uint32_t exponents =
            loops.transpose(k + uint64_t{first} * stride, stride, std::min(kPanel, n - first), d_k,
                            width, out.columns.data() + uint64_t{first} * d_k);
        out.exponents = join_exponents(out.exponents, exponents);
    }
}

void prepare_values(const uint16_t* v, uint32_t stride, uint32_t n, uint32_t d_v,
                    PreparedValues& out) {
    const Loops& loops = *selected();
    out.keys = n;
    out.d_v = d_v;
    out.padded = padded_to(d_v, kPad);
    out.exponents = kNoExponents;
    out.rows.resize(uint64_t{out.padded} * n);
    for (uint32_t first = 0; first < d_v; first += kPanel) {
        const uint32_t width = std::min(kPanel, out.padded - first);
        const uint32_t valid = std::min(kPanel, d_v - first);
        float* panel = out.rows.data() + uint64_t{first} * n;
        const uint32_t exponents = loops.widen({v + first, stride, n, valid, panel, width});
        out.exponents = join_exponents(out.exponents, exponents);
        if (valid == width) continue;
        for (uint32_t j = 0; j < n; ++j, panel += width)
            std::fill(panel + valid, panel + width, 0.0f);
    }
}

void score_group(const ScoreInput& in, const PreparedKeys& keys, LaneGroupScores& out) {
    const FlushGuard guard;
    const Loops& loops = *selected();
    const uint64_t entries = uint64_t{in.rows} * keys.padded;
    out.rows = in.rows;
    out.keys = keys.keys;
    out.padded = keys.padded;
    out.identity = in.identity;
    out.t.resize(entries);
    out.state.resize(entries);
    out.m.resize(in.rows);
    out.flags.resize(in.rows);
    out.q.resize(uint64_t{in.rows} * keys.d_k);
    const uint32_t exponents =
        loops.widen({in.q, in.q_stride, in.rows, keys.d_k, out.q.data(), keys.d_k});
    const bool masked = mask_group(loops, in, out);
    ScoreLoop loop{};
    loop.q = out.q.data();
    loop.keys = {keys.columns.data(), keys.d_k, keys.padded};
    loop.rows = in.rows;
    loop.n = keys.keys;
    loop.state = masked ? out.state.data() : nullptr;
    loop.t = out.t.data();
    std::memcpy(&loop.factor, &in.factor, sizeof loop.factor);
    loop.identity = in.identity;
    loop.fuse = may_fuse(exponents, keys.exponents);
    loops.dot(loop);
    out.plain = !masked;
    for (uint32_t i = 0; i < in.rows; ++i) {
        const RowSummary summary = loops.scale_row(loop, i);
        finish_row(summary, i, out);
        out.plain = out.plain && !summary.nan;
    }
}

void value_group(const LaneGroupScores& scores, const PreparedValues& values, TileRows& out) {
    const FlushGuard guard;
    out.rows = scores.rows;
    out.d_v = values.d_v;
    out.padded = values.padded;
    out.o.assign(uint64_t{out.rows} * out.padded, 0.0f);
    out.l.assign(out.rows, 0.0f);
    out.row.resize(out.rows);
    out.weights.resize(uint64_t{kRowBlock} * scores.padded);
    out.masks.resize(scores.padded);
    ValueLoop loop{};
    loop.t = scores.t.data();
    loop.state = scores.plain ? nullptr : scores.state.data();
    loop.m = scores.m.data();
    loop.rows = scores.rows;
    loop.n = scores.keys;
    loop.t_stride = scores.padded;
    loop.values = {values.rows.data(), values.keys, values.padded};
    loop.value_exponents = values.exponents;
    loop.identity = scores.identity;
    loop.weights = out.weights.data();
    loop.masks = out.masks.data();
    loop.o = out.o.data();
    loop.l = out.l.data();
    selected()->values(loop);
    for (uint32_t i = 0; i < out.rows; ++i) {
        out.row[i].m = scores.m[i];
        out.row[i].flags = scores.flags[i];
        std::memcpy(&out.row[i].l, &out.l[i], 4);
    }
}

void merge_group(const TileRows& tile, bool replace, float* state_o, uint32_t stride,
                 spec::RowState* state) {
    const FlushGuard guard;
    for (uint32_t i = 0; i < tile.rows; ++i) {
        float* to = state_o + uint64_t{i} * stride;
        const float* from = tile.o.data() + uint64_t{i} * tile.padded;
        const spec::MergePlan plan = spec::merge_plan(state[i].m, tile.row[i].m);
        if (replace || plan.take_tile)
            std::memcpy(to, from, uint64_t{tile.d_v} * sizeof(float));
        else if (!plan.take_state)
            selected()->merge(to, from, tile.d_v, plan.state_delta, plan.tile_delta);
        state[i] = replace ? tile.row[i] : spec::merge_row(state[i], tile.row[i]);
    }
}

void store_row(const spec::RowState& row, const float* o, uint32_t d_v, bool normalise, bool bf16,
               uint32_t* out) {
    const FlushGuard guard;
    if (row.m == spec::kEmpty) {
        std::fill(out, out + d_v, 0u);
        return;
    }
    float l;
    std::memcpy(&l, &row.l, sizeof l);
    selected()->store(o, d_v, l, normalise, bf16, out);
}

}  // namespace tessera::hw
