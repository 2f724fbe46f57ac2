// SPDX-License-Identifier: MIT
#include "host/cover/design.h"

#include <algorithm>

namespace tessera::host {
namespace {

/// Does any point meet another one here, or itself?
bool needed(const Line& line) {
    const size_t count = line.points.size();
    return line.apart == 0 ? count != 0 : count > line.apart;
}

}  // namespace

Design numbered_by_partition(const Design& design) {
    std::vector<uint32_t> number(design.points);
    uint32_t next = 0;
    for (const Line& line : design.lines)
        if (line.apart == 0)
            for (const uint32_t point : line.points) number[point] = next++;
    Design result = design;
    for (Line& line : result.lines) {
        for (uint32_t& point : line.points) point = number[point];
        std::sort(line.points.begin(), line.points.end());
    }
    return result;
}

Design restricted(const Design& design, const std::vector<bool>& keep) {
    std::vector<uint32_t> number(design.points);
    Design result{design.name, 0, 0, {}};
    for (uint32_t point = 0; point < design.points; ++point)
        if (keep[point]) number[point] = result.points++;
    for (const Line& line : design.lines) {
        Line rest{{}, line.apart};
        for (const uint32_t point : line.points)
            if (keep[point]) rest.points.push_back(number[point]);
        if (!needed(rest)) continue;
        result.width = std::max(result.width, static_cast<uint32_t>(rest.points.size()));
        result.lines.push_back(std::move(rest));
    }
    return result;
}

Design truncated(const Design& design, uint32_t points) {
    std::vector<bool> keep(design.points, false);
    std::fill_n(keep.begin(), std::min(points, design.points), true);
    return restricted(design, keep);
}

}  // namespace tessera::host
