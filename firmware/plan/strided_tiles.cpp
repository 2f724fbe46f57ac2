// SPDX-License-Identifier: MIT
// The key tiles of a strided job: what the rows of one query tile see, sinks before the window.
#include "firmware/plan/tile_map.h"

namespace tessera::fw {

int64_t strided_rows(const AttentionJob& job, uint32_t m) {
    const int64_t sinks = int64_t{job.mask.sinks} - job.k_position;
    return strided_rows(keys_of_tile(job, m), job.mask.window, sinks > 0 ? sinks : 0);
}

/// Key rows, the window's without those that are sinks. What sees no key has the first one.
TileMap::Pieces TileMap::strided_keys(uint32_t tile) const {
    Range seen[kRanges];  // the window, and perhaps sinks
    const bool sinks = visible_rows(query_run(tile, 0), seen) == 2;
    Pieces pieces;
    if (sinks) pieces.sinks = seen[1];
    pieces.window = seen[0];
    if (pieces.window.begin < pieces.sinks.end) pieces.window.begin = pieces.sinks.end;
    if (pieces.sinks.length() + pieces.window.length() == 0) pieces = {{0, 1}, {}};
    return pieces;
}

uint32_t TileMap::strided_key_rows(uint32_t tile) const {
    const Pieces pieces = strided_keys(tile);
    return pieces.sinks.length() + pieces.window.length();
}

Run TileMap::strided_key_run(uint32_t tile, uint32_t at) const {
    const Pieces pieces = strided_keys(tile);
    const uint32_t sinks = pieces.sinks.length();
    const Range& piece = at < sinks ? pieces.sinks : pieces.window;
    const uint32_t in_piece = at < sinks ? at : at - sinks;
    Run run;
    run.row = static_cast<uint32_t>(piece.begin) + in_piece;
    run.rows = piece.length() - in_piece;
    run.position = job_->k_position + run.row;
    return run;
}

}  // namespace tessera::fw
