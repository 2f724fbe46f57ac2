// SPDX-License-Identifier: MIT
// Which keys a query may see, as a user says it: in tokens. What it means for a row is worked out
// here without firmware, so that the two check each other.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/reference/attention.h"
#include "include/tessera/experiment.h"

namespace tessera::host {

using tessera::Align;

/// Flags of tile pairs, [heads or 1][query tiles][key tiles]: not 0 where they may meet.
struct TileFlags {
    std::string source;  ///< file, for messages; empty: no flags
    uint64_t heads = 0, query_tiles = 0, key_tiles = 0;
    std::vector<uint8_t> flags;

    bool given() const { return !source.empty(); }
};

/// A key is seen if it is in the prefix, or if `causal` lets it and one of window, sinks and block
/// does, or none is given; it is in the query's document and in a flagged pair of tiles.
struct AttentionMask {
    bool causal = false;
    /// Keys i - window + 1 to i, if not causal as many after; 0: no such term.
    uint32_t window = 0;
    uint32_t sinks = 0;    ///< the first so many keys; 0: no such term
    uint32_t prefix = 0;   ///< the first so many keys, by all queries, also earlier ones; 0: none
    uint32_t block = 0;    ///< keys of the query's own block of so many positions; 0: no such term
    uint32_t summary = 0;  ///< the last so many keys of any earlier block; 0: no such term
    Align align = Align::kEnd;
    std::vector<uint32_t> documents;  ///< first tokens of packed documents; empty: one document
    TileFlags tiles;

    /// Has it terms one of which has to hold?
    bool local() const { return window != 0 || sinks != 0 || block != 0; }
    /// Has it terms in positions, so that alignment matters?
    bool positional() const { return causal || local() || prefix != 0; }
    /// Which of causal and mask_terms() it has, as bits of spec::MaskFlag.
    uint32_t terms() const;
    /// "causal, window 4096, sinks 64".
    std::string text() const;
};

/// Position of the first token in the block of `position`. Blocks begin at 0, and go on below it.
int64_t block_begin(int64_t position, uint32_t block);

/// The block of a Sparse Transformer over `tokens`, at least 1, as its proofs choose it
/// (arXiv 2402.13934): the largest power of two that is at most sqrt(tokens).
uint32_t sparse_block(uint32_t tokens);

struct Problem;

/// UserError, naming the option, unless the terms of the problem's mask go together and fit its
/// tokens. `m`: tile tokens.
void check_mask(const Problem& problem, uint32_t m);

/// Makes packed documents sequences of a batch (Problem::query_offsets) where the mask has terms
/// that look back: in each document they mean what they mean for it alone. Else they stay, and
/// share tiles. UserError if the documents do not fit the tokens.
void divide_documents(Problem& problem);

}  // namespace tessera::host
