// SPDX-License-Identifier: MIT
// A model beside itself: graphs that compute the same without settings of heads, so that one run
// says what these change.
#pragma once
#include "host/model/model.h"

namespace tessera::host {

/// What names of such graphs, their outputs and their caches begin with.
inline constexpr const char* kDensePrefix = "dense.";

/// Adds to each graph G of the model `dense.G`: the same layers, weights and inputs, attention as
/// the description has it without settings. Its outputs and caches are its own: `dense.NAME`.
void add_dense_graphs(Model& model);

}  // namespace tessera::host
