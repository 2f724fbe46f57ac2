// SPDX-License-Identifier: MIT
// Designs from finite geometry, each with its number of lines. Two points of a geometry have
// exactly one line in common, and so have two points of any subset of it. Sources: Handbook of
// Combinatorial Designs (Colbourn, Dinitz 2007), parts II.7 and VII.2; R. H. F. Denniston, Some
// maximal arcs in finite projective planes, J. Comb. Theory 6 (1969).
#pragma once
#include <cstdint>

#include "host/cover/design.h"

namespace tessera::host {

/// Points and lines of AG(n, q): q^n points, q^(n-1) (q^n - 1)/(q - 1) lines of q, which fall into
/// parallel classes. q a prime power.
Design affine_space(uint32_t dimensions, uint32_t q);

/// The points of AG(2, q) with both coordinates among the first `side`, 1 < side <= q: side^2
/// points, q^2 - q + 2 side lines of up to `side`.
Design affine_grid(uint32_t q, uint32_t side);

/// Denniston's maximal arc of a degree in PG(2, q), both powers of two, 1 < degree < q: degree q +
/// degree - q points, q^2 + q + 1 - q (q - degree + 1) / degree lines of `degree`. It misses the
/// line at infinity, so that a parallel class of AG(2, q) cuts it into lines.
Design maximal_arc(uint32_t q, uint32_t degree);

/// PG(2, q) without a point: q^2 + q points, q^2 + q + 1 lines of up to q + 1. The lines that ran
/// through that point are the partition; two lines of the whole plane always meet.
Design punctured_plane(uint32_t q);

/// Points and lines of PG(3, q): (q^2 + 1)(q + 1) points, (q^2 + 1)(q^2 + q + 1) lines of q + 1.
/// The partition is the regular spread: the cosets of GF(q^2) in GF(q^4).
Design projective_space(uint32_t q);

}  // namespace tessera::host
