// SPDX-License-Identifier: MIT
// How many host threads compute tiles. Nothing but the speed of a simulation depends on it: results
// have the same bits with any number.
#pragma once

namespace tessera::hw {

/// Each device made from now on has `threads` threads for its tiles (2 unless told), the one that
/// simulates time among them. With 1 the tiles are computed in place.
void set_tile_threads(unsigned threads);

}  // namespace tessera::hw
