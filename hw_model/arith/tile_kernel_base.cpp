// SPDX-License-Identifier: MIT
// The tile kernel's inner loops for any x86-64 processor (SSE2).
#include "hw_model/arith/tile_kernel_loops.h"

namespace tessera::hw::detail {

const Loops kBaseLoops = kLoops;

}  // namespace tessera::hw::detail
