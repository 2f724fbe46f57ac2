// SPDX-License-Identifier: MIT
// How many tiles, chunks or blocks a length takes.
#pragma once
#include <stdint.h>

namespace tessera::fw {

/// ceil(length / tile), for any length.
constexpr uint32_t tiles_of(uint32_t length, uint32_t tile) {
    return length / tile + (length % tile != 0 ? 1 : 0);
}

/// fp32 bits of 1: the factor of an ATTEND with f = identity that leaves scores as they are.
inline constexpr uint32_t kUnitFactor = 0x3f800000;

}  // namespace tessera::fw
