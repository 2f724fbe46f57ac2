// SPDX-License-Identifier: MIT
#include "host/predict/row_causal_work.h"

#include <algorithm>

#include "firmware/merge/sentinel.h"
#include "host/problem/row_causal.h"
#include "spec/integers.h"

namespace tessera::host {

WorkFormula row_causal_work(const Problem& p, uint32_t m) {
    const uint64_t n = p.nq, c = p.tile_keys(m), tiles = token_tiles(p, m), heads = p.query_heads;
    const uint64_t allowed = n * (n + 1) / 2;
    WorkFormula work;
    for (uint64_t t = 0; t < tiles; ++t) {
        const uint64_t rows = std::min(c, n - t * c), backwards = std::min(rows, c - 1);
        work.rows_issued += rows * (t + 1) + backwards * t;
        work.pairs_issued += rows * (t * c + rows) + backwards * t * (c - 1);
    }
    work.calls = heads * tiles * tiles * fw::sentinel_passes(p.sentinel.form);
    work.rows_issued *= heads;
    work.pairs_issued *= heads;
    work.pairs_allowed = heads * allowed;
    // A call has no more than M (M + 1) / 2 pairs.
    work.calls_at_least =
        p.kv_heads * spec::divide_up(p.group() * allowed, uint64_t{m} * (uint64_t{m} + 1) / 2);
    return work;
}

std::string row_causal_formula_text(const Problem& p) {
    const std::string text =
        p.sentinel.given() ? "heads * T^2, T = ceil(N/(M-1))" : "heads * T^2, T = ceil(N/M)";
    return fw::sentinel_passes(p.sentinel.form) == 2 ? "2 * (" + text + ")" : text;
}

}  // namespace tessera::host
