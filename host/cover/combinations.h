// SPDX-License-Identifier: MIT
// Designs that no single geometry gives: put together of smaller ones, found by search, or plain.
// Sources: Handbook of Combinatorial Designs (Colbourn, Dinitz 2007), parts III.3 (MacNeish's
// theorem) and IV.4 (filling the groups of a transversal design).
#pragma once
#include <cstdint>

#include "host/cover/design.h"

namespace tessera::host {

/// Half-tiles: any number of points from 2 on, every pair a line.
Design all_pairs(uint32_t points);

/// Most groups of a transversal design on n points each that MacNeish's product gives: one more
/// than the smallest prime power that divides n and is maximal.
uint32_t transversal_groups(uint32_t n);

/// A transversal design of k <= transversal_groups(n) groups of n points each, with `fill` on each
/// group. Its n^2 blocks have a point of every group; with the lines of `fill` there are
/// n^2 + k * (lines of `fill`) lines. Points are cut until those of a group can be dealt evenly to
/// the points of `fill`. That needs fill.points / fill.width = n / k, and `fill` numbered by its
/// partition.
Design filled_transversal(uint32_t n, uint32_t k, const Design& fill);

/// 24 points, 49 lines of up to four: N = 6 M. Points 0 to 11 are six pairs in a circle, neighbours
/// of which share a line; every second of these lines is of the partition, on the others the points
/// of a pair do not meet. The other points are four triples, the rest of the partition. 39 more
/// lines, found by search, hold four points of different pairs and triples.
Design searched_six();

}  // namespace tessera::host
