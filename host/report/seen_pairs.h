// SPDX-License-Identifier: MIT
// What the heads of a model see, and which share of all pairs of query and key that is.
#pragma once
#include "host/model/model.h"
#include "host/report/model_document.h"

namespace tessera::host {

/// Adds figures of each graph with attention, a line of the summary for each whose heads do not see
/// all, and a table of all attention layers. `report` has its record.
void add_seen_pairs(const Model& model, ModelReport& report);

}  // namespace tessera::host
