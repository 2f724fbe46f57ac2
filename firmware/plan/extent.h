// SPDX-License-Identifier: MIT
// How much of a pair of tiles a device with ranges of keys (spec/key_range.h) has to be given: what
// lies behind the last key that some row sees need not be loaded.
#pragma once
#include <stdint.h>

#include "firmware/plan/tile_map.h"
#include "spec/key_range.h"

namespace tessera::fw {

/// The first so many rows of a query tile and of a key tile.
struct Extent {
    uint32_t rows = 0;  ///< whole lane groups, or all: none of the rows behind sees a key
    uint32_t keys = 0;  ///< no row sees a key behind
};

/// Of a pair of tiles that meets, with what map.mask() says of it. All of both if the device visits
/// all keys, or does not know where they are.
Extent extent_of(const TileMap& map, const spec::DeviceParams& device, uint32_t q_tile,
                 uint32_t k_tile, const spec::Mask& mask);

}  // namespace tessera::fw
