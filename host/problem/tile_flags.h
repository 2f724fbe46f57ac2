// SPDX-License-Identifier: MIT
// Reads which pairs of tiles may meet from a file that a user made.
#pragma once
#include <string>

#include "host/problem/mask.h"

namespace tessera::host {

/// The flags of a .npy file, or of tensor "mask" of a safetensors file: BOOL, U8 or I8, of shape
/// [query tiles, key tiles] or [heads, query tiles, key tiles]. UserError.
TileFlags read_tile_flags(const std::string& path);

}  // namespace tessera::host
