// SPDX-License-Identifier: MIT
// Which tokens of a batch are no padding, and which keys a row sees, for the reference. From
// lengths and offsets by themselves: Problem::places() is what the device goes by, and the two
// check each other.
#pragma once
#include <cstdint>
#include <vector>

#include "host/io/tensor.h"
#include "host/problem/problem.h"
#include "host/reference/key_range.h"

namespace tessera::host {

/// Queries, or keys, of each entry of the batch that are no padding. Empty: all of them.
std::vector<TokenRange> real_queries(const Problem& problem);
std::vector<TokenRange> real_keys(const Problem& problem);

/// The keys that a row of the tensors sees, as ranges of rows of its key/value head.
class VisibleKeys {
  public:
    /// `m`: tile tokens, the unit of tile flags.
    VisibleKeys(const Problem& problem, uint32_t m);

    /// `ranges` becomes ascending and disjoint; empty for padding.
    void operator()(uint32_t head, uint32_t row, std::vector<KeyRange>& ranges) const;
    /// Or is the row padding?
    bool is_query(uint32_t head, uint32_t row) const;

  private:
    struct Alone {
        Problem problem;
        TokenRange queries;
        uint32_t first_key;
    };

    void add(Problem alone, const TokenRange& queries, const TokenRange& keys);
    size_t sequence_of(uint32_t head, uint32_t row) const;

    uint32_t m_, heads_;
    std::vector<uint32_t> offsets_;  ///< of packed sequences
    std::vector<Alone> alone_;
};

}  // namespace tessera::host
