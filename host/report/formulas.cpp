// SPDX-License-Identifier: MIT
#include "host/report/formulas.h"

#include <algorithm>

namespace tessera::host {
namespace {

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
int64_t ceil_div(int64_t a, int64_t b) { return -floor_div(-a, b); }

/// Sum of clamp(first + i * step, low, high) over 0 <= i < count, step >= 1, low <= high.
uint64_t clamped_sum(int64_t count, int64_t first, int64_t step, int64_t low, int64_t high) {
    const int64_t below = std::clamp<int64_t>(ceil_div(low - first, step), 0, count);
    const int64_t above = std::clamp<int64_t>(ceil_div(high - first, step), below, count);
    const int64_t ramp = above - below;
    const int64_t ramp_ends = 2 * first + (below + above - 1) * step;
    return static_cast<uint64_t>(below * low + ramp * ramp_ends / 2 + (count - above) * high);
}

/// One query head.
WorkFormula dense_head(const Problem& p, int64_t m) {
    WorkFormula f;
    f.calls = static_cast<uint64_t>(ceil_div(p.nq, m) * ceil_div(p.nk, m));
    f.pairs_issued = uint64_t{p.nq} * p.nk;
    f.pairs_allowed = f.pairs_issued;
    return f;
}

/// Full query tile a needs clamp(a + 1 + ceil(diagonal / M), 1, T) calls, an arithmetic series
/// with two flat ends; a ragged last tile is added by itself.
WorkFormula causal_head(const Problem& p, int64_t m) {
    const int64_t nq = p.nq, nk = p.nk, diagonal = p.diagonal();
    const int64_t tiles = ceil_div(nk, m);
    const int64_t whole = nk / m;  // key tiles of M rows
    const int64_t full = nq / m;
    const int64_t start = 1 + ceil_div(diagonal, m);
    WorkFormula f;
    f.calls = clamped_sum(full, start, 1, 1, tiles);
    // Keys issued for a query tile: M per key tile, but the last key tile holds only the rest.
    const uint64_t whole_keys = clamped_sum(full, start, 1, std::min<int64_t>(1, whole), whole);
    const uint64_t ragged = clamped_sum(full, start - whole, 1, whole == 0 ? 1 : 0, 1);
    const uint64_t rest = static_cast<uint64_t>(nk - whole * m);
    const uint64_t um = static_cast<uint64_t>(m);
    f.pairs_issued = um * (um * whole_keys + (rest == 0 ? 0 : rest * ragged));
    if (nq % m != 0) {
        const int64_t last = std::clamp<int64_t>(ceil_div(nq + diagonal, m), 1, tiles);
        f.calls += static_cast<uint64_t>(last);
        f.pairs_issued += static_cast<uint64_t>((nq % m) * std::min(last * m, nk));
    }
    f.pairs_allowed = clamped_sum(nq, diagonal + 1, 1, 0, nk);
    return f;
}

}  // namespace

WorkFormula work_formula(const Problem& problem, uint32_t m) {
    WorkFormula f = problem.causal() ? causal_head(problem, m) : dense_head(problem, m);
    const uint64_t square = uint64_t{m} * m;
    f.calls_at_least = (f.pairs_allowed + square - 1) / square * problem.query_heads;
    f.calls *= problem.query_heads;
    f.pairs_issued *= problem.query_heads;
    f.pairs_allowed *= problem.query_heads;
    return f;
}

std::string calls_formula_text(const Problem& problem) {
    if (!problem.causal()) return "heads * ceil(nq/M) * ceil(nk/M)";
    if (problem.nq == problem.nk) return "heads * T * (T+1) / 2, T = ceil(N/M)";
    return "heads * sum over query tiles of clamp(ceil((last query + diagonal + 1)/M), 1, "
           "ceil(nk/M))";
}

uint64_t compulsory_bytes(const Problem& p) {
    const uint64_t q = uint64_t{p.query_heads} * p.nq * p.d_k * 2;
    const uint64_t kv = uint64_t{p.kv_heads} * p.nk * (uint64_t{p.d_k} + p.d_v) * 2;
    const uint64_t o = uint64_t{p.query_heads} * p.nq * p.d_v * (p.bf16_output ? 2 : 4);
    return q + kv + o;
}

}  // namespace tessera::host
