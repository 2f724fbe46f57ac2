// SPDX-License-Identifier: MIT
#include "host/verify/tile_reference.h"

#include <algorithm>

#include "spec/softmax.h"

namespace tessera::verify {

using namespace spec;

ReferenceScore reference_score(const AttendInput& in, uint32_t row, uint32_t key) {
    ReferenceScore r;
    r.allowed = mask_allows(in.mask, row, key, in.q_position[row], in.k_position[key]);
    const uint16_t* q = in.q + uint64_t{row} * in.q_stride;
    const uint16_t* k = in.k + uint64_t{key} * in.k_stride;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < in.d_k; ++i) sum = fp_add(sum, bf16_product(q[i], k[i]));
    r.scaled = fp_mul(sum, in.factor);
    r.score = to_score(r.scaled);
    return r;
}

std::vector<ReferenceScore> reference_scores(const AttendInput& in, uint32_t row) {
    std::vector<ReferenceScore> r;
    for (uint32_t j = 0; j < in.keys; ++j) r.push_back(reference_score(in, row, j));
    return r;
}

RowState reference_maximum(const std::vector<ReferenceScore>& scores, bool identity) {
    int32_t m = kEmpty;
    uint32_t flags = 0;
    for (const ReferenceScore& s : scores) {
        if (!s.allowed) continue;
        m = std::max(m, identity ? 0 : score_ceiling(s.score.t));
        if (is_nan(s.scaled)) flags |= kRowNan;
        if (!identity && s.score.saturated) flags |= kRowSaturated;
    }
    return {static_cast<int16_t>(m), static_cast<uint16_t>(flags), 0};
}

uint16_t reference_weight(const ReferenceScore& score, int16_t m, bool identity) {
    if (identity) return fp32_to_bf16(score.scaled);
    return score.score.nan ? kNanBf16 : exp2_weight(score.score.t, m);
}

ReferenceRow reference_row(const AttendInput& in, uint32_t row) {
    const std::vector<ReferenceScore> scores = reference_scores(in, row);
    ReferenceRow r;
    r.state = reference_maximum(scores, in.identity);
    r.o.assign(in.d_v, 0);
    for (uint32_t j = 0; j < in.keys; ++j) {
        if (!scores[j].allowed) continue;
        const uint16_t p = reference_weight(scores[j], r.state.m, in.identity);
        const uint16_t* v = in.v + uint64_t{j} * in.v_stride;
        r.state.l = fp_add(r.state.l, bf16_to_fp32(p));
        for (uint32_t c = 0; c < in.d_v; ++c) r.o[c] = fp_add(r.o[c], bf16_product(p, v[c]));
    }
    return r;
}

std::vector<ReferenceRow> reference_tile(const AttendInput& in) {
    std::vector<ReferenceRow> r;
    for (uint32_t i = 0; i < in.rows; ++i) r.push_back(reference_row(in, i));
    return r;
}

void reference_merge(const ReferenceRow& tile, bool replace, ReferenceRow& state) {
    if (replace) {
        state = tile;
        return;
    }
    const MergePlan plan = merge_plan(state.state.m, tile.state.m);
    for (size_t c = 0; c < state.o.size(); ++c)
        state.o[c] = merge_element(plan, state.o[c], tile.o[c]);
    state.state = merge_row(state.state, tile.state);
}

std::vector<uint32_t> reference_store(const ReferenceRow& row, bool normalise, bool bf16) {
    std::vector<uint32_t> r;
    for (const uint32_t o : row.o) {
        const uint32_t x = store_element(row.state, o, normalise);
        r.push_back(bf16 ? fp32_to_bf16(x) : x);
    }
    return r;
}

}  // namespace tessera::verify
