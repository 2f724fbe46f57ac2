// SPDX-License-Identifier: MIT
// The tile kernel's inner loops for x86-64-v3 (AVX2, FMA): compiled with -march=x86-64-v3.
#include "hw_model/arith/tile_kernel_loops.h"

namespace tessera::hw::detail {

const Loops kV3Loops = kLoops;

}  // namespace tessera::hw::detail
