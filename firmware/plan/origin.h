// SPDX-License-Identifier: MIT
// Where a command comes from: what it is for, and which part of which job it does. A sequencer
// works it out when it is asked, so that runs in which nobody asks pay nothing for it.
#pragma once
#include <stdint.h>

namespace tessera::fw {

/// What a command moves, or does.
enum class Purpose : uint32_t {
    kQueries,     ///< or A of a gemm
    kKeys,        ///< or B of a gemm in the score stage
    kValues,      ///< or B of a gemm
    kIdentity,    ///< I of a gemm or of linear attention
    kSentinel,    ///< its key, values or indicators
    kIndicators,  ///< values of the call for shares
    kSink,        ///< the state that rows with a sink begin with
    kState,       ///< a running state, on its way to memory or back
    kFence,       ///< order, and the end of a merge batch or a job
    kAttend,      ///< a call
    kOutput,      ///< o, or C of a gemm
    kLse,         ///< l and m of finished rows
    kPartial,     ///< a partial result, for firmware to merge
};

/// Heads, tiles and tokens are counted within the job, from 0 on.
struct Origin {
    Purpose purpose = Purpose::kFence;
    uint32_t job = 0;  ///< of a list of jobs
    /// The query head; of keys and values the key/value head. Of a gemm the block of columns of C.
    uint32_t head = 0;
    /// Tile, or chunk, of that head's queries; where heads are stacked, of the first row's. Of a
    /// gemm the tile of rows of C.
    uint32_t q_tile = 0;
    uint32_t k_tile = 0;  ///< tile, or chunk, of keys; of a gemm the block of the inner dimension
    bool summaries = false;  ///< k_tile is one of the tiles that gather summary tokens
    bool retry = false;      ///< a pair of tiles once more, with another sentinel level
    uint32_t line = 0;       ///< of a cover, instead of tiles
    uint32_t token = 0;      ///< and the first token that the command has to do with
};

}  // namespace tessera::fw
