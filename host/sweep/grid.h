// SPDX-License-Identifier: MIT
// The points of a sweep: a base point, of which some fields take every combination of their values.
#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace tessera::host {

/// A field of a point and the values that it takes.
template <typename Point>
struct Axis {
    struct Value {
        std::string name;                 ///< "128"
        std::function<void(Point&)> set;  ///< gives the field this value
    };
    std::string name;  ///< "workload.tokens"
    std::vector<Value> values;
};

template <typename Point>
struct GridPoint {
    Point point;
    std::vector<std::string> values;  ///< the name of its value on each axis
};

/// All combinations, that of the last axis changing fastest; without axes the base alone. None if
/// an axis has no values.
template <typename Point>
std::vector<GridPoint<Point>> grid(const Point& base, const std::vector<Axis<Point>>& axes) {
    std::vector<GridPoint<Point>> points = {{base, {}}};
    for (const Axis<Point>& axis : axes) {
        std::vector<GridPoint<Point>> wider;
        for (const GridPoint<Point>& at : points)
            for (const auto& value : axis.values) {
                wider.push_back(at);
                value.set(wider.back().point);
                wider.back().values.push_back(value.name);
            }
        points = std::move(wider);
    }
    return points;
}

}  // namespace tessera::host
