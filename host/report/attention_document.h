// SPDX-License-Identifier: MIT
// The report of an attention.
#pragma once
#include "host/report/document.h"
#include "host/run/run_record.h"

namespace tessera::host {

/// Schema `tessera.report`; docs/use/report.md. The only place that goes through the record.
Document attention_document(const RunRecord& record);

}  // namespace tessera::host
