// SPDX-License-Identifier: MIT
// The tile kernel's inner loops for x86-64-v4 (AVX-512): compiled with -march=x86-64-v4.
#include "hw_model/arith/tile_kernel_loops.h"

namespace tessera::hw::detail {

const Loops kV4Loops = kLoops;

}  // namespace tessera::hw::detail
