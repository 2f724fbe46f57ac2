// SPDX-License-Identifier: MIT
// The golden ATTEND: one element at a time, by the functions of spec/ and nothing else, in the
// order docs/contract/device.md section 5 gives. Slow and plain; what every faster implementation
// is compared to.
#pragma once
#include <cstdint>
#include <vector>

#include "spec/mask.h"
#include "spec/state.h"

namespace tessera::verify {

/// Operands of one ATTEND. Row r of a matrix starts at r * its stride.
struct AttendInput {
    const uint16_t* q = nullptr;  ///< bf16, [rows][d_k]
    const uint16_t* k = nullptr;  ///< bf16, [keys][d_k]
    const uint16_t* v = nullptr;  ///< bf16, [keys][d_v]
    uint32_t q_stride = 0, k_stride = 0, v_stride = 0;
    uint32_t rows = 0, keys = 0, d_k = 0, d_v = 0;
    const uint32_t* q_position = nullptr;
    const uint32_t* k_position = nullptr;
    uint32_t factor = 0;  ///< fp32 bits
    bool identity = false;
    spec::Mask mask;
};

/// One entry of the score buffer.
struct ReferenceScore {
    bool allowed = false;
    uint32_t scaled = 0;  ///< fp32 bits of score * factor
    spec::Score score;    ///< softmax only
};

/// A result row: l, m and flags, and O as fp32 bits.
struct ReferenceRow {
    spec::RowState state;
    std::vector<uint32_t> o;
};

ReferenceScore reference_score(const AttendInput& in, uint32_t row, uint32_t key);
/// Scores of a row against all keys.
std::vector<ReferenceScore> reference_scores(const AttendInput& in, uint32_t row);
/// Maximum and flags of a row with these scores (l is left +0).
spec::RowState reference_maximum(const std::vector<ReferenceScore>& scores, bool identity);
/// bf16 weight of an allowed score in a row with maximum m.
uint16_t reference_weight(const ReferenceScore& score, int16_t m, bool identity);
/// The tile row, before the merge.
ReferenceRow reference_row(const AttendInput& in, uint32_t row);
/// All of a tile.
std::vector<ReferenceRow> reference_tile(const AttendInput& in);
/// ATTEND's last step: `state` becomes the tile row (replace), or both merged.
void reference_merge(const ReferenceRow& tile, bool replace, ReferenceRow& state);
/// STORE_O of a row: fp32 bits, or bf16 in the low halves.
std::vector<uint32_t> reference_store(const ReferenceRow& row, bool normalise, bool bf16);

}  // namespace tessera::verify
