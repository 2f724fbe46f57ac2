// SPDX-License-Identifier: MIT
// The arithmetic of the compute engine on whole lane groups, in native vector code: the same bits
// as spec/ computes one element at a time, at memory speed. No timing, no SystemC. Not thread-safe
// per object; different objects may be used from different threads.
#pragma once
#include <cstdint>
#include <vector>

#include "spec/key_range.h"
#include "spec/params.h"
#include "spec/state.h"

namespace tessera::hw {

/// A K or V bank's rows, prepared for the kernel. Rebuild when the bank's contents change.
struct PreparedKeys {
    std::vector<float> columns;  ///< fp32, in the kernel's own layout
    uint32_t keys = 0, padded = 0, d_k = 0;
    uint32_t exponents = 0;  ///< implementation's summary of the exponents (may a kernel fuse?)
};
struct PreparedValues {
    std::vector<float> rows;  ///< fp32, in the kernel's own layout
    uint32_t keys = 0, padded = 0, d_v = 0;
    uint32_t exponents = 0;
};

/// What the score buffer holds for one lane group: fixed-point scores (or fp32 bits, identity
/// mode), which of them are masked or NaN, and the row maxima.
struct LaneGroupScores {
    std::vector<int32_t> t;       ///< [rows][padded keys]; anything where masked or padding
    std::vector<uint8_t> state;   ///< [rows][padded keys]: 0 plain, 1 masked, 2 NaN
    std::vector<int16_t> m;       ///< [rows], spec::kEmpty if no key is allowed
    std::vector<uint16_t> flags;  ///< [rows], spec::kRow...
    uint32_t rows = 0, keys = 0, padded = 0;
    bool identity = false;
    bool plain = false;    ///< no entry is masked or NaN: `state` need not be looked at
    std::vector<float> q;  ///< the kernel's scratch
};

/// Result rows of one lane group against one tile, before the merge.
struct TileRows {
    std::vector<float> o;             ///< [rows][padded d_v]
    std::vector<spec::RowState> row;  ///< [rows]
    uint32_t rows = 0, padded = 0, d_v = 0;
    std::vector<float> l, weights;  ///< the kernel's scratch
    std::vector<uint8_t> masks;
};

/// Rows `first_row`... of the Q bank against a prepared K tile.
struct ScoreInput {
    const uint16_t* q = nullptr;           ///< bf16, row 0 of the group
    uint32_t q_stride = 0;                 ///< elements between rows
    uint32_t first_row = 0;                ///< tile row of the group's row 0 (for the mask)
    uint32_t rows = 0;                     ///< valid rows in this group
    const uint32_t* q_position = nullptr;  ///< [rows]
    const uint32_t* k_position = nullptr;  ///< [keys]
    uint32_t factor = 0;  ///< fp32 bits: scale * log2(e), or scale in identity mode
    bool identity = false;
    spec::Mask mask;
    spec::KeyRange visited{0, UINT32_MAX};  ///< others count as masked
};

/// fp32 columns of `n` bf16 key rows; row r starts at k[r * stride].
void prepare_keys(const uint16_t* k, uint32_t stride, uint32_t n, uint32_t d_k, PreparedKeys& out);
/// fp32 rows of `n` bf16 value rows; row r starts at v[r * stride].
void prepare_values(const uint16_t* v, uint32_t stride, uint32_t n, uint32_t d_v,
                    PreparedValues& out);

/// Score stage: Q·K^T, scale, mask, row maxima.
void score_group(const ScoreInput& in, const PreparedKeys& keys, LaneGroupScores& out);
/// Value stage: exp2 and P·V. Needs as many values as the scores have keys.
void value_group(const LaneGroupScores& scores, const PreparedValues& values, TileRows& out);
/// Merge: tile row r into state_o[r * stride ...] and state[r]; `replace` for ATTEND start.
void merge_group(const TileRows& tile, bool replace, float* state_o, uint32_t stride,
                 spec::RowState* state);
/// STORE_O of one row: d_v elements, divided by l if `normalise`; fp32 bits, or bf16 in the low
/// halves.
void store_row(const spec::RowState& row, const float* o, uint32_t d_v, bool normalise, bool bf16,
               uint32_t* out);

}  // namespace tessera::hw
