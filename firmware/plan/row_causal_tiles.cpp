// SPDX-License-Identifier: MIT
// The tiles of a row-causal job. With c keys in a full tile there are T = ceil(N / c) tiles of
// tokens. Tile t meets the tiles u <= t forwards: row i has token i, and sees rows, and so tokens,
// 0 to i. What is left of u < t are the tokens j > i. There both tiles lie backwards, the queries
// without token c - 1 and the keys without token 0: query i in row c - 2 - i, key j in row c - 1 -
// j, and c - 1 - j <= c - 2 - i means j > i. So each pair of tokens meets once, in T^2 calls.
// Query tiles come as forwards 0, backwards 1, forwards 1, backwards 2, forwards 2, ...; key tiles
// are 0 to T - 1 forwards and then 0 to T - 2 backwards.
#include "firmware/plan/tile_map.h"

namespace tessera::fw {
namespace {

constexpr uint32_t min(uint32_t a, uint32_t b) { return a < b ? a : b; }
constexpr uint32_t max(uint32_t a, uint32_t b) { return a < b ? b : a; }

}  // namespace

uint32_t TileMap::row_causal_next(uint32_t q_tile, uint32_t from) const {
    const uint32_t tile = token_tile(q_tile);
    const uint32_t first = backwards(q_tile) ? token_tiles_ : 0;
    const uint32_t end = first + tile + (backwards(q_tile) ? 0 : 1);
    const uint32_t next = max(from, first);
    return next < end ? next : key_tiles_;
}

uint32_t TileMap::row_causal_query_rows(uint32_t q_tile) const {
    const uint32_t tokens = min(key_m_, job_->nq - token_tile(q_tile) * key_m_);
    return backwards(q_tile) ? min(tokens, key_m_ - 1) : tokens;
}

/// Backwards the last token has the first row. A tile that is not full has its last rows at the
/// positions that those of a full one have.
Run TileMap::row_causal_query_run(uint32_t q_tile, uint32_t at) const {
    const uint32_t first = token_tile(q_tile) * key_m_, rows = row_causal_query_rows(q_tile);
    Run run;
    run.rows = rows - at;
    run.row = (backwards(q_tile) ? 2 * job_->nq - first - rows : first) + at;
    run.position = (backwards(q_tile) ? key_m_ - 1 - rows : 0) + at;
    return run;
}

/// Backwards all are full, but for their first token.
uint32_t TileMap::row_causal_key_rows(uint32_t k_tile) const {
    return k_tile < token_tiles_ ? min(key_m_, job_->nk - k_tile * key_m_) : key_m_ - 1;
}

Run TileMap::row_causal_key_run(uint32_t k_tile, uint32_t at) const {
    const bool forwards = k_tile < token_tiles_;
    const uint32_t first = (forwards ? k_tile : k_tile - token_tiles_) * key_m_;
    Run run;
    run.rows = row_causal_key_rows(k_tile) - at;
    run.row = (forwards ? first : 2 * job_->nk - first - key_m_) + at;
    run.position = at;
    return run;
}

}  // namespace tessera::fw
