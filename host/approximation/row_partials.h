// SPDX-License-Identifier: MIT
// Single query rows in double precision, key tile by key tile: exact attention, and what it becomes
// if only selected tiles are seen.
#pragma once
#include <cstdint>
#include <vector>

#include "host/approximation/selection.h"
#include "host/reference/attention.h"

namespace tessera::host {

/// A row's softmax sums over each key tile by itself, with weights exp(score - peak of the tile).
struct RowPartials {
    std::vector<double> peak;          ///< [key tiles]; -inf: the row sees no key of the tile
    std::vector<double> sum, squares;  ///< [key tiles]: of weights, of their squares
    std::vector<double> values;        ///< [key tiles][d_v]: of weight times value
};

/// A row of attention over some of its tiles.
struct SelectedRow {
    std::vector<double> o;  ///< [d_v]; zeros if no key is seen
    double lse = 0;         ///< natural log of the weighted sum of exp(score); -inf: no key
    /// Kish's effective sample size, (sum of weights)^2 / sum of their squares, over the seen keys.
    double effective_samples = 0;
    double largest_share = 0;  ///< of the sum of weights, in one seen key tile
    bool complete = false;     ///< are all keys that the row may see seen, each with weight one?
};

/// One key/value head of a problem, held in memory for single rows of its query heads.
class RowSource {
  public:
    /// `key_list`: the order of the keys, as in Selection; empty: as they are. Mask dense, or
    /// causal with nq = nk and no list.
    RowSource(const ReferenceProblem& problem, uint32_t kv_head, uint32_t m, bool causal,
              const std::vector<uint32_t>& key_list);

    /// The sums of row `row` of `query_head`, one of the heads that read this key/value head.
    RowPartials row(uint32_t query_head, uint32_t row) const;

  private:
    const ReferenceProblem& problem_;
    uint32_t m_;
    bool causal_;
    std::vector<double> keys_;    ///< [d_k][nk], in the order of the list
    std::vector<double> values_;  ///< [nk][d_v], likewise
};

/// The exact row: all of its tiles.
SelectedRow exact_row(const RowPartials& partials);
/// The row of `query_head` in `query_tile` as the selection has it.
SelectedRow selected_row(const RowPartials& partials, const Selection& selection,
                         uint32_t query_head, uint32_t query_tile);

}  // namespace tessera::host
