// SPDX-License-Identifier: MIT
// Looks for rows of a result that are not exact, and says which.
#pragma once
#include "host/operation/inexact_rows.h"
#include "host/problem/inputs.h"
#include "host/run/run_record.h"

namespace tessera::host {

/// Rows of o with a NaN or an Inf, read from device memory head by head.
ElementNames nonfinite(const Layout& layout, const MemoryAccess& memory);

/// Notes the rows of the audit of `record` whose scores the device clamped. std::logic_error if it
/// says that it clamped one, and no score is one.
void find_inexact_audited(const Inputs& inputs, RunRecord& record);

}  // namespace tessera::host
