// SPDX-License-Identifier: MIT
#include "host/cover/geometries.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "host/cover/field.h"

namespace tessera::host {
namespace {

uint32_t power_of(uint32_t q, uint32_t n) { return n == 0 ? 1 : q * power_of(q, n - 1); }

/// Vectors over a field as numbers with their coordinates as digits in base q, the first lowest.
class VectorSpace {
  public:
    VectorSpace(uint32_t dimensions, uint32_t q) : field_(q), size_(power_of(q, dimensions)) {}

    uint32_t size() const { return size_; }
    /// a + factor * b
    uint32_t add(uint32_t a, uint32_t factor, uint32_t b) const {
        uint32_t sum = 0;
        for (uint32_t unit = 1; unit < size_; unit *= field_.size()) {
            const uint32_t x = a / unit % field_.size(), y = b / unit % field_.size();
            sum += field_.add(x, field_.multiply(factor, y)) * unit;
        }
        return sum;
    }
    /// One vector of each direction, that of the first axis first: the highest coordinate is 1.
    std::vector<uint32_t> directions() const {
        std::vector<uint32_t> result;
        for (uint32_t top = 1; top < size_; top *= field_.size())
            for (uint32_t low = 0; low < top; ++low) result.push_back(top + low);
        return result;
    }
    const Field& field() const { return field_; }

  private:
    Field field_;
    uint32_t size_;
};

/// The lines of one direction: every point is on one of them.
void add_parallel_class(const VectorSpace& space, uint32_t direction, uint32_t apart,
                        std::vector<Line>& lines) {
    std::vector<bool> done(space.size(), false);
    for (uint32_t point = 0; point < space.size(); ++point) {
        if (done[point]) continue;
        Line line{{}, apart};
        for (uint32_t t = 0; t < space.field().size(); ++t) {
            line.points.push_back(space.add(point, t, direction));
            done[line.points.back()] = true;
        }
        std::sort(line.points.begin(), line.points.end());
        lines.push_back(std::move(line));
    }
}

}  // namespace

Design affine_space(uint32_t dimensions, uint32_t q) {
    const VectorSpace space(dimensions, q);
    Design design{fmt::format("AG({},{})", dimensions, q), space.size(), q, {}};
    for (const uint32_t direction : space.directions())
        add_parallel_class(space, direction, design.lines.empty() ? 0 : 1, design.lines);
    return design;
}

Design affine_grid(uint32_t q, uint32_t side) {
    Design plane = affine_space(2, q);
    std::vector<bool> keep(plane.points);
    for (uint32_t point = 0; point < plane.points; ++point)
        keep[point] = point % q < side && point / q < side;
    plane.name = fmt::format("{0} x {0} grid of AG(2,{1})", side, q);
    return restricted(plane, keep);
}

Design maximal_arc(uint32_t q, uint32_t degree) {
    const Field field(q);
    // x^2 + b x y + y^2 without a zero but (0, 0).
    const auto has_root = [&](uint32_t b) {
        for (uint32_t t = 0; t < q; ++t)
            if (field.add(field.multiply(t, field.add(t, b)), 1) == 0) return true;
        return false;
    };
    uint32_t b = 0;
    while (b < q && has_root(b)) ++b;
    if (prime_of_power(q) != 2 || b == q) throw std::logic_error("no irreducible quadratic form");
    Design plane = affine_space(2, q);
    std::vector<bool> keep(plane.points);
    for (uint32_t point = 0; point < plane.points; ++point) {
        const uint32_t x = point % q, y = point / q;
        const uint32_t form =
            field.add(field.multiply(x, field.add(x, field.multiply(b, y))), field.multiply(y, y));
        keep[point] = form < degree;  // numbers below a power of two are a subgroup of addition
    }
    plane.name = fmt::format("maximal arc of degree {} in PG(2,{})", degree, q);
    return numbered_by_partition(restricted(plane, keep));
}

Design punctured_plane(uint32_t q) {
    Design plane = affine_space(2, q);
    Line infinity{{}, 0};
    for (size_t i = q; i < plane.lines.size(); ++i) {  // but for the first parallel class
        if (i % q == 0) infinity.points.push_back(plane.points++);
        plane.lines[i].points.push_back(infinity.points.back());
    }
    plane.lines.insert(plane.lines.begin() + q, std::move(infinity));
    plane.name = fmt::format("PG(2,{}) without a point", q);
    plane.width = q + 1;
    return plane;
}

Design projective_space(uint32_t q) {
    const Field field(power_of(q, 4));
    const uint32_t spread = q * q + 1, points = spread * (q + 1);
    Design design{fmt::format("PG(3,{})", q), points, q + 1, {}};
    std::vector<std::vector<bool>> met(points, std::vector<bool>(points, false));
    for (uint32_t a = 0; a < points; ++a)
        for (uint32_t b = a + 1; b < points; ++b) {
            if (met[a][b]) continue;
            Line line{{a, b}, (b - a) % spread == 0 ? 0u : 1u};
            for (uint32_t t = 0; t + 1 < q; ++t)  // g^points generates GF(q)
                line.points.push_back(
                    field.log(field.add(field.power(a), field.power(b + t * points))) % points);
            std::sort(line.points.begin(), line.points.end());
            for (const uint32_t x : line.points)
                for (const uint32_t y : line.points) met[x][y] = true;
            design.lines.push_back(std::move(line));
        }
    return numbered_by_partition(design);
}

}  // namespace tessera::host
