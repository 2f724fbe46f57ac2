// SPDX-License-Identifier: MIT
// Which rows of a result are not exact: counters of the device tell that there are some, the inputs
// tell which. The host computes here, not the device; a run without such rows never comes here.
#pragma once
#include <cstdint>
#include <vector>

#include "host/reference/attention.h"
#include "host/reference/coverage.h"

namespace tessera::host {

/// Rows with something in common, ascending.
using RowNames = std::vector<RowName>;
/// Elements with something in common, by rows, those of a row together.
using ElementNames = std::vector<ElementName>;

/// The rows that see a key whose score the device clamps (docs/contract/device.md, section 5), by
/// the device's own arithmetic. `factor`: fp32 bits that it multiplies scores with.
RowNames clamped_rows(const ReferenceProblem& problem, uint32_t factor);

/// These rows, where the device or its firmware says that `flags` rows have clamped scores; nothing
/// is looked at if there are none. std::logic_error if no row has one, but for a black box with a
/// sentinel. That flags its partial results: a clamped sentinel is none of the input's scores.
RowNames flagged_rows(const ReferenceProblem& problem, uint32_t factor, uint64_t flags,
                      bool sentinel);

/// The rows of NaN and Inf in the result, `elements`, that the input does not explain. A NaN or Inf
/// in the query, or in a key that it sees, explains all of a row; one in a value its own column.
RowNames unexplained_rows(const ReferenceProblem& problem, const ElementNames& elements);

/// Adds the elements of `values`, rows of `columns`, that are NaN or Inf; the first row is `row` of
/// `head`.
void add_nonfinite(const std::vector<float>& values, uint32_t columns, uint32_t head, uint32_t row,
                   ElementNames& elements);

/// Those of [heads][rows][columns].
ElementNames nonfinite_elements(const std::vector<float>& values, uint32_t heads, uint32_t rows,
                                uint32_t columns);

/// The rows that have one of these elements.
RowNames rows_of(const ElementNames& elements);

}  // namespace tessera::host
