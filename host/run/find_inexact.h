// SPDX-License-Identifier: MIT
// Looks for rows of a result that are not exact, and says which.
#pragma once
#include "host/operation/inexact_rows.h"
#include "host/problem/inputs.h"
#include "host/run/run_record.h"

namespace tessera::host {

/// Rows of o with a NaN or an Inf, read from device memory head by head.
ElementNames nonfinite(const Layout& layout, const MemoryAccess& memory);

/// What `record`, of a finished run, its counters and `nonfinite`, such rows of its o, say of its
/// result. std::logic_error if the device says that it clamped a score, and no score is one.
void find_inexact(const Inputs& inputs, const ElementNames& nonfinite, RunRecord& record);

}  // namespace tessera::host
