// SPDX-License-Identifier: MIT
// What a sweep says as a whole: which points no other point beats, and how much each field matters.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "host/sweep/point_list.h"

namespace tessera::host {

/// Of each figure the value of each point; NaN: it has none, or its result is not good.
using FigureValues = std::vector<std::vector<double>>;

/// The points that have all figures and that no other point beats: none is at least as good in all
/// of them and better in one. In the order of the points. `most[f]`: more of figure f is better.
std::vector<size_t> pareto_front(const FigureValues& figures, const std::vector<bool>& most);

/// How a figure moves when a field alone changes.
struct Sensitivity {
    size_t axis = 0, figure = 0;
    /// Sets of points that differ in this field alone, with at least two values above 0.
    uint64_t sets = 0;
    double mean_ratio = 1;     ///< geometric mean over the sets of largest / smallest value
    double largest_ratio = 1;  ///< of a set
};

/// Of every axis of the grid and every figure.
std::vector<Sensitivity> sensitivities(const PointList& points, const FigureValues& figures);

}  // namespace tessera::host
