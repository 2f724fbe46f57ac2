// SPDX-License-Identifier: MIT
// Can a problem be done by an oracle that is always causal (docs/contract/schedules.md, section 4)?
#pragma once
#include <cstdint>

#include "host/problem/problem.h"

namespace tessera::host {

/// UserError, naming the field, unless `problem` needs no such oracle, or one can do it. `m`: tile
/// tokens.
void check_row_causal(const Problem& problem, uint32_t m, uint32_t devices);

/// T: tiles of tokens of a row-causal problem.
uint32_t token_tiles(const Problem& problem, uint32_t m);

}  // namespace tessera::host
