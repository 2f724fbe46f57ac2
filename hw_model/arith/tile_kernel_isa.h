// SPDX-License-Identifier: MIT
// Between the tile kernel and its inner loops, which are compiled once per instruction set: a table
// of functions on plain arrays. Private to hw_model/tile_kernel*; tests use it to run every set.
#pragma once
#include <cstdint>

#include "spec/mask.h"

namespace tessera::hw::detail {

inline constexpr uint32_t kPad = 16;      ///< rows of a panel are padded to a multiple of this
inline constexpr uint32_t kPanel = 64;    ///< columns of a panel
inline constexpr uint32_t kRowBlock = 4;  ///< rows the loops work on together

inline constexpr uint8_t kPlainEntry = 0, kMaskedEntry = 1, kNanEntry = 2;

// Functions here are static: the linker must not share one between instruction sets.
static constexpr uint32_t padded_to(uint32_t n, uint32_t multiple) {
    return (n + multiple - 1) / multiple * multiple;
}

/// Smallest and largest exponent field of the finite numbers other than zero, as low << 8 | high.
/// The initial value is that of no number at all.
inline constexpr uint32_t kNoExponents = 255u << 8;

static constexpr uint32_t join_exponents(uint32_t a, uint32_t b) {
    const uint32_t low = a >> 8 < b >> 8 ? a >> 8 : b >> 8;
    const uint32_t high = (a & 255) > (b & 255) ? a & 255 : b & 255;
    return low << 8 | high;
}
/// Is every product of two such bf16 numbers exact in fp32? Then one fused multiply-add has the
/// bits of a multiplication and an addition.
static constexpr bool may_fuse(uint32_t a, uint32_t b) {
    return (a >> 8) + (b >> 8) >= 128 && (a & 255) + (b & 255) <= 380;
}

/// An [outer][columns] matrix in panels of kPanel columns, each [outer][kPanel]; the last panel is
/// as wide as what is left of `padded`.
struct Panels {
    const float* data;
    uint32_t outer, padded;
};

/// `rows` rows of `n` elements.
struct WidenLoop {
    const uint16_t* in;
    uint32_t stride;  ///< elements between rows, likewise out_stride
    uint32_t rows, n;
    float* out;
    uint32_t out_stride;
};

struct ScoreLoop {
    const float* q;        ///< [rows][keys.outer]
    Panels keys;           ///< outer = d_k
    uint32_t rows, n;      ///< n: keys that count
    const uint8_t* state;  ///< [rows][padded]; nullptr: nothing is masked
    int32_t* t;            ///< [rows][padded]
    float factor;
    bool identity, fuse;
};

struct ValueLoop {
    const int32_t* t;      ///< [rows][values.outer padded to kPad]
    const uint8_t* state;  ///< likewise; nullptr: all plain
    const int16_t* m;
    uint32_t rows, n, t_stride;
    Panels values;  ///< outer = n
    uint32_t value_exponents;
    bool identity;
    float* weights;  ///< scratch, kRowBlock * t_stride
    uint8_t* masks;  ///< scratch, t_stride
    float* o;        ///< [rows][values.padded], zero on entry
    float* l;        ///< [rows], zero on entry
};

/// What one row of scores came to.
struct RowSummary {
    int32_t maximum;  ///< of the allowed fixed-point scores, INT32_MIN if there is none but NaN
    bool any, nan, saturated;
};

/// One row of a mask, everything that does not depend on the key.
struct MaskRow {
    const spec::Mask* mask;
    uint32_t row, q;
    const uint32_t* k;
    uint32_t keys, padded;
};

struct Loops {
    /// bf16 rows to fp32; returns the exponents met.
    uint32_t (*widen)(const WidenLoop& in);
    /// bf16 rows (up to kPanel of them) to columns of a panel `width` wide.
    uint32_t (*transpose)(const uint16_t* in, uint32_t stride, uint32_t rows, uint32_t outer,
                          uint32_t width, float* out);
    /// kPlainEntry or kMaskedEntry for every key; are some masked?
    bool (*mask_row)(const MaskRow& in, uint8_t* state);
    /// Q*K^T, raw sums as fp32 bits in t; blocks that are masked as a whole are left alone.
    void (*dot)(const ScoreLoop& in);
    /// Raw sums of one row to scores. NaN leaves INT32_MIN in t.
    RowSummary (*scale_row)(const ScoreLoop& in, uint32_t row);
    void (*values)(const ValueLoop& in);
    /// state = scaled state + scaled tile.
    void (*merge)(float* state, const float* tile, uint32_t n, uint32_t state_delta,
                  uint32_t tile_delta);
    /// Elements to be stored; l is used if `normalise`.
    void (*store)(const float* o, uint32_t n, float l, bool normalise, bool bf16, uint32_t* out);
};

enum class Isa : uint32_t { kBase = 0, kV3 = 1, kV4 = 2 };
inline constexpr uint32_t kIsas = 3;

extern const Loops kBaseLoops, kV3Loops, kV4Loops;

/// The best set this processor runs.
Isa best_isa();
/// Use `isa` from now on, which must not be above best_isa(). For tests; not thread-safe.
void select_isa(Isa isa);

}  // namespace tessera::hw::detail
