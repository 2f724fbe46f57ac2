// SPDX-License-Identifier: MIT
// Embeddings of texts by a sentence encoder: graph `sentence`, inputs `tokens` and, if it has one,
// `timing` (sines and cosines of positions), output `embedding`.
#pragma once
#include <cstdint>
#include <vector>

#include "host/model/model_run.h"

namespace tessera::host {

/// [positions][2 * scales]: sin(position * scale) of all scales, then the cosines. As the original
/// has them: angles in fp32.
std::vector<float> sinusoids(const std::vector<float>& scales, uint64_t positions);

/// The embedding of a text of at least one token.
std::vector<float> embed(ModelRun& model, const std::vector<uint32_t>& tokens);

/// a b / (|a| |b|), in double precision.
double cosine(const std::vector<float>& a, const std::vector<float>& b);

}  // namespace tessera::host
