// SPDX-License-Identifier: MIT
// What the audits of a model's approximate heads say.
#pragma once
#include "host/report/model_document.h"

namespace tessera::host {

/// Adds a table of all audits, its rows for the summary, and what they took; nothing if there is no
/// audit. `report` has its record.
void add_audits(ModelReport& report);

}  // namespace tessera::host
