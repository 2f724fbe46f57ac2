// SPDX-License-Identifier: MIT
// How many tiles, chunks or blocks a length takes.
#pragma once
#include <stdint.h>

#include "spec/integers.h"

namespace tessera::fw {

/// ceil(length / tile), for any length.
constexpr uint32_t tiles_of(uint32_t length, uint32_t tile) {
    return spec::divide_up(length, tile);
}

}  // namespace tessera::fw
