// SPDX-License-Identifier: MIT
// Which pairs of tiles an approximate schedule computes, and with what weight.
#pragma once
#include <cstdint>
#include <vector>

#include "host/approximation/approximation.h"
#include "host/approximation/summaries.h"

namespace tessera::host {

/// Flags are [query heads][query tiles][key tiles], as fw::AttentionJob::tile_flags takes them.
struct Selection {
    uint32_t heads = 0, query_tiles = 0, key_tiles = 0;
    std::vector<uint8_t> exact;    ///< seen for itself, with weight one; of `sample` none
    std::vector<uint8_t> sampled;  ///< seen for all that is not; of rules but sample, hybrid none
    /// Of the sampled tiles of a query tile, [query heads][query tiles]: tiles that are not exact /
    /// tiles that are sampled, the inverse of the probability to be drawn. 1 where none is.
    std::vector<double> weight;
    /// `sample`: the order of the keys; key tile t is keys [t m, (t+1) m) of this list, the same
    /// for all heads. Empty: keys in order.
    std::vector<uint32_t> key_list;

    size_t row(uint32_t head, uint32_t query_tile) const {
        return size_t{head} * query_tiles + query_tile;
    }
    size_t at(uint32_t head, uint32_t query_tile, uint32_t key_tile) const {
        return row(head, query_tile) * key_tiles + key_tile;
    }
    bool has_exact() const;
    bool has_sampled() const;
    /// Pairs of tiles that are computed: calls of the device.
    uint64_t pairs() const;
};

/// Does the rule read tile summaries?
bool needs_summaries(Rule rule);

/// The selection of a checked approximation. `queries` and `keys` are read only if the rule needs
/// summaries, else they may be empty. Ties go to the tile that comes first. The same arguments give
/// the same selection on every machine.
Selection select_tiles(const Approximation& approximation, const ApproximationShape& shape,
                       const TileSummaries& queries, const TileSummaries& keys);

/// What summaries and scores of a rule take. All zero if it reads none.
struct SelectionCost {
    uint64_t elements_read = 0;     ///< of q and k, each once
    uint64_t element_steps = 0;     ///< additions, minima and maxima over them
    uint64_t summary_elements = 0;  ///< that are kept
    uint64_t multiply_adds = 0;     ///< of the scores of pairs of tiles
};
SelectionCost selection_cost(Rule rule, const ApproximationShape& shape);

/// Pairs of tiles that a rule sees, by formula: what Selection::pairs() has to be.
uint64_t selected_pairs(const Approximation& approximation, const ApproximationShape& shape);

}  // namespace tessera::host
