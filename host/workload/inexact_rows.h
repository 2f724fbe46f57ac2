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

/// The rows that see a key whose score the device clamps (docs/device.md, section 5), by the
/// device's own arithmetic. `factor`: fp32 bits that it multiplies scores with.
RowNames clamped_rows(const ReferenceProblem& problem, uint32_t factor);

/// Of `rows` those that NaN and Inf in the input do not explain: the query, and the keys and values
/// that it sees, are finite.
RowNames unexplained_rows(const ReferenceProblem& problem, const RowNames& rows);

/// Adds the rows of `values`, each `columns` long, that have a NaN or an Inf; the first is `row` of
/// `head`.
void add_nonfinite_rows(const std::vector<float>& values, uint32_t columns, uint32_t head,
                        uint32_t row, RowNames& rows);

}  // namespace tessera::host
