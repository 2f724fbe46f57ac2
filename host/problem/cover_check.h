// SPDX-License-Identifier: MIT
// Can a problem be done by a cover?
#pragma once
#include <cstdint>

#include "host/problem/problem.h"

namespace tessera::host {

/// UserError, naming the option, unless `problem` needs no cover, or can be done by one of the kind
/// it asks for, on so many devices. `m`: tile tokens.
void check_cover(const Problem& problem, uint32_t m, uint32_t devices);

}  // namespace tessera::host
