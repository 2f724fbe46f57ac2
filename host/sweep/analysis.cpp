// SPDX-License-Identifier: MIT
#include "host/sweep/analysis.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>
#include <utility>

namespace tessera::host {
namespace {

/// Smallest and largest value of a set of points.
struct Span {
    double least = INFINITY, most = -INFINITY;
    uint64_t values = 0;

    void add(double value) {
        least = std::min(least, value);
        most = std::max(most, value);
        ++values;
    }
};

Sensitivity sensitivity(const PointList& points, size_t axis, size_t figure,
                        const std::vector<double>& values) {
    std::unordered_map<uint64_t, Span> spans;
    for (size_t i = 0; i < points.size(); ++i) {
        const std::optional<uint64_t> set = points.grid.neighbours(points.indices[i], axis);
        if (set && values[i] > 0) spans[*set].add(values[i]);  // not if NaN
    }
    std::vector<double> ratios;
    for (const auto& [set, span] : spans)
        if (span.values > 1) ratios.push_back(span.most / span.least);
    Sensitivity result{axis, figure, ratios.size()};
    if (ratios.empty()) return result;
    std::sort(ratios.begin(), ratios.end());  // the sum is the same wherever it is made
    double logarithms = 0;
    for (const double ratio : ratios) logarithms += std::log(ratio);
    result.mean_ratio = std::exp(logarithms / static_cast<double>(ratios.size()));
    result.largest_ratio = ratios.back();
    return result;
}

}  // namespace

std::vector<size_t> pareto_front(const FigureValues& figures, const std::vector<bool>& most) {
    if (figures.empty()) return {};
    const auto cost = [&](size_t figure, size_t point) {
        return most[figure] ? -figures[figure][point] : figures[figure][point];
    };
    const auto complete = [&](size_t point) {
        return std::none_of(figures.begin(), figures.end(),
                            [&](const auto& values) { return std::isnan(values[point]); });
    };
    std::vector<size_t> points;
    for (size_t i = 0; i < figures.front().size(); ++i)
        if (complete(i)) points.push_back(i);
    const auto less = [&](size_t a, size_t b) {
        for (size_t f = 0; f < figures.size(); ++f)
            if (cost(f, a) != cost(f, b)) return cost(f, a) < cost(f, b);
        return a < b;
    };
    std::sort(points.begin(), points.end(), less);
    // Whoever beats a point comes before it, and is on the front or beaten by one that is.
    const auto beats = [&](size_t a, size_t b) {
        bool better = false;
        for (size_t f = 0; f < figures.size(); ++f) {
            if (cost(f, a) > cost(f, b)) return false;
            better = better || cost(f, a) < cost(f, b);
        }
        return better;
    };
    std::vector<size_t> front;
    for (const size_t point : points)
        if (std::none_of(front.begin(), front.end(),
                         [&](size_t other) { return beats(other, point); }))
            front.push_back(point);
    std::sort(front.begin(), front.end());
    return front;
}

std::vector<Sensitivity> sensitivities(const PointList& points, const FigureValues& figures) {
    std::vector<Sensitivity> all;
    for (size_t axis = 0; axis < points.grid.axes(); ++axis)
        for (size_t figure = 0; figure < figures.size(); ++figure)
            all.push_back(sensitivity(points, axis, figure, figures[figure]));
    return all;
}

}  // namespace tessera::host
