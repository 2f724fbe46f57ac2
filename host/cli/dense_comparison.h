// SPDX-License-Identifier: MIT
// `tessera generate --compare-dense`: what settings of heads do to the logits of a decoder.
#pragma once
#include <cstdint>

#include "host/cli/options.h"
#include "host/model/generation.h"
#include "host/report/model_document.h"

namespace tessera::host {

/// UserError if it is asked for beside options that it cannot go with.
void check_comparison(const CommandLine& line);

/// Adds what dense attention took on the same tokens, and how far its logits are from those of the
/// run: figures, lines of the summary, and a table with a row for each new token. `prompt`: tokens.
void add_comparison(const Generation& made, uint64_t prompt, ModelReport& report);

}  // namespace tessera::host
