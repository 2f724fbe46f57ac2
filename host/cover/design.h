// SPDX-License-Identifier: MIT
// A set of points and lines on them, such that every two points meet exactly once: what a cover of
// tokens by calls is made of (cover.h). docs/contract/schedules.md, section 4.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace tessera::host {

/// Points that are brought together: ascending.
struct Line {
    std::vector<uint32_t> points;
    /// 0: every point meets every other one, and itself. Else the line is cut into blocks of this
    /// many points, and those of one block do not meet here: they do so on another line.
    uint32_t apart = 1;
};

/// The lines with apart = 0 hold every point exactly once. Two points meet exactly once: on the
/// line with apart = 0 that holds both or, in different blocks, on one of the others.
struct Design {
    std::string name;
    uint32_t points = 0;
    uint32_t width = 0;  ///< points of the longest line
    std::vector<Line> lines;
};

/// The same with other numbers: those of a line with apart = 0 follow each other, so that leaving
/// out the last points leaves out whole lines. Keeps blocks together if they are parts of these.
Design numbered_by_partition(const Design& design);

/// Without the points whose `keep` is false; the others keep their order. Lines on which no two
/// points meet any more are left out. Blocks longer than a point must stay whole, but for the last
/// of a line.
Design restricted(const Design& design, const std::vector<bool>& keep);

/// Only the first `points` points.
Design truncated(const Design& design, uint32_t points);

}  // namespace tessera::host
