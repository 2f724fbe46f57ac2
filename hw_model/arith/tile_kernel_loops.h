// SPDX-License-Identifier: MIT
// The inner loops as one table. Included once by each hw_model/tile_kernel_<set>.cpp, which is
// compiled for its instruction set; nothing here may call an inline function of another header,
// for the linker would be free to hand the copy compiled here to code for older processors.
#pragma once
#include "hw_model/arith/tile_kernel_mask.h"
#include "hw_model/arith/tile_kernel_prepare.h"
#include "hw_model/arith/tile_kernel_score.h"
#include "hw_model/arith/tile_kernel_value.h"

namespace tessera::hw::detail {
namespace {

constexpr Loops kLoops{widen, transpose, mask_row, dot, scale_row, values, merge, store_elements};

}  // namespace
}  // namespace tessera::hw::detail
