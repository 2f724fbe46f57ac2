// SPDX-License-Identifier: MIT
// Approximate runs in double precision, of which all is known: the error of every row beside what
// an audit of some says.
#pragma once
#include <vector>

#include "host/approximation/audit.h"

namespace tessera::test {

/// What is true of a head, and what the audit says.
struct ApproximateRun {
    double failing = 0;  ///< share of all rows whose error is above the tolerance
    host::Verdict verdict;
};

/// One head's rows, tile by tile: computed once, whatever is selected of them.
class ApproximateRows {
  public:
    /// Arguments as of host::RowSource; the head is the only one of its key/value head.
    ApproximateRows(const host::ReferenceProblem& problem, uint32_t head, uint32_t m, bool causal,
                    const std::vector<uint32_t>& key_list);

    const host::SelectedRow& exact(uint32_t row) const { return exact_[row]; }
    host::SelectedRow seen(uint32_t row, const host::Selection& selection) const;
    /// Row by row with the selection, audited as `approximation` says.
    ApproximateRun judge(const host::Selection& selection,
                         const host::Approximation& approximation) const;

  private:
    uint32_t head_, m_;
    std::vector<host::RowPartials> partials_;
    std::vector<host::SelectedRow> exact_;
};

}  // namespace tessera::test
