// SPDX-License-Identifier: MIT
// How many keys of a tile each lane group visits (docs/contract/device.md, section 4), worked out
// from the keys that each query sees. Independent of firmware and of spec/key_range.h, so that they
// check each other.
#pragma once
#include <cstdint>
#include <vector>

#include "host/predict/call_list.h"
#include "host/predict/formulas.h"
#include "spec/params.h"

namespace tessera::host {

/// Of one sequence, without a cover.
class VisitedKeys {
  public:
    /// `problem` must outlive this.
    VisitedKeys(const Problem& problem, const spec::DeviceParams& params);

    /// Goes to a query tile of a stack, as CallList counts them.
    void begin(uint32_t stack, uint32_t q_tile);
    /// Lane groups that take part in call `call` of the query tile: all, or where a state is
    /// continued those up to the last that sees a key.
    uint32_t groups(const QueryTileCalls& calls, size_t call) const;
    uint32_t groups() const { return params_.groups(rows_); }  ///< lane groups of the query tile
    uint32_t rows(uint32_t group) const;                       ///< queries of one
    /// Keys that the group visits in call `call` of the query tile.
    uint32_t keys(uint32_t group, const QueryTileCalls& calls, size_t call) const;
    /// The same of the first `keys` keys of a key tile that is not gathered.
    uint32_t keys_of_tile(uint32_t group, uint32_t k_tile, uint32_t keys) const;

  private:
    uint32_t seen_of_tile(uint32_t group, uint32_t k_tile, uint32_t keys) const;
    bool queries_known() const;
    bool keys_known(uint32_t k_tile) const;
    bool one_document(uint32_t first, uint32_t rows) const;
    void add_row(uint32_t row, std::vector<KeyRange>& seen) const;

    const Problem& problem_;
    const spec::DeviceParams params_;
    const uint32_t stack_heads_, tile_keys_;
    uint32_t stack_ = 0, first_row_ = 0, rows_ = 0;
    bool whole_ = true;                        ///< every group visits all keys
    std::vector<std::vector<KeyRange>> seen_;  ///< by the rows of a group: ascending, disjoint
};

/// Sum over all lane groups of all calls of queries * keys visited; by a cover all that are issued.
/// Over all query heads, and all sequences of a ragged batch.
uint64_t visited_pairs(const Problem& problem, const spec::DeviceParams& params);

}  // namespace tessera::host
