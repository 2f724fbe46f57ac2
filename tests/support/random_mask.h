// SPDX-License-Identifier: MIT
// Masks as users ask for them, of every kind and combination that the command line takes.
#pragma once
#include <algorithm>
#include <random>

#include "host/problem/problem.h"
#include "spec/integers.h"

namespace tessera::test {

/// Gives `p`, whose heads and tokens are set, a random mask. With flags of tiles, `m` tokens each,
/// only if it is no ragged batch; with documents only if there are as many keys as queries, too, or
/// `may_equalise` lets them become as many.
inline void random_user_mask(std::mt19937_64& random, uint32_t m, host::Problem& p,
                             bool may_equalise = false) {
    const auto below = [&](uint64_t n) { return static_cast<uint32_t>(random() % n); };
    const auto distance = [&] { return 1 + below(below(4) == 0 ? p.nq + p.nk : 2 * m); };
    host::AttentionMask mask;
    mask.causal = below(4) != 0;
    mask.align = below(2) == 0 ? host::Align::kEnd : host::Align::kStart;
    const uint32_t kind = below(8);
    if (kind == 6 && may_equalise && !p.ragged()) p.nq = p.nk;
    if (kind < 4) {  // 0: none of these terms
        const uint32_t terms = kind == 0 ? 0 : 1 + below(7);
        if ((terms & 1) != 0) mask.window = distance();
        if ((terms & 2) != 0) mask.sinks = std::min(distance(), p.nk);
        if ((terms & 4) != 0) mask.block = 1u << below(7);
        if (mask.causal && below(3) == 0) mask.prefix = std::min(distance(), p.nk);
    } else if (kind < 6) {
        mask.block = 1u << below(7);
        mask.causal = mask.causal || below(2) == 0;
        if (mask.causal) mask.summary = 1 + below(below(3) == 0 ? mask.block : 1);
    } else if (kind == 6 && p.nq == p.nk && !p.ragged()) {
        for (uint32_t at = 0; at < p.nk; at += distance()) mask.documents.push_back(at);
    } else if (kind == 7 && !p.ragged()) {
        const uint32_t percent = below(101);
        mask.tiles = {"flags",
                      below(2) == 0 ? 1 : p.query_heads,
                      spec::divide_up(p.nq, m),
                      spec::divide_up(p.nk, m),
                      {}};
        const uint64_t flags = mask.tiles.heads * mask.tiles.query_tiles * mask.tiles.key_tiles;
        for (uint64_t i = 0; i < flags; ++i) mask.tiles.flags.push_back(below(100) < percent);
    }
    p.mask = std::move(mask);
}

}  // namespace tessera::test
