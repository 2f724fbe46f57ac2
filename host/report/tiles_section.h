// SPDX-License-Identifier: MIT
// Section `tiles` of a report (docs/use/report.md).
#pragma once
#include "host/report/document.h"
#include "host/run/run_record.h"

namespace tessera::host {

/// The pairs of tiles that the device computes, run-length coded; or why there is no map.
Section tiles_section(const RunRecord& record);

}  // namespace tessera::host
