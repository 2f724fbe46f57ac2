// SPDX-License-Identifier: MIT
#include "host/cover/combinations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <stdexcept>

#include "host/cover/field.h"

namespace tessera::host {
namespace {

/// The powers of primes whose product is n.
std::vector<uint32_t> prime_powers_of(uint32_t n) {
    std::vector<uint32_t> powers;
    for (uint32_t p = 2; n != 1; ++p) {
        uint32_t power = 1;
        for (; n % p == 0; n /= p) power *= p;
        if (power != 1) powers.push_back(power);
    }
    return powers;
}

/// The point of group `group` on block (a, b): a + group * b in the product of the fields, b itself
/// in the group after the last element.
uint32_t point_on_block(const std::vector<Field>& fields, uint32_t a, uint32_t b, uint32_t group) {
    uint32_t point = 0, unit = 1;
    for (const Field& field : fields) {
        const uint32_t q = field.size();
        const uint32_t x = a / unit % q, y = b / unit % q;
        point += unit * (group == q ? y : field.add(x, field.multiply(group, y)));
        unit *= q;
    }
    return point;
}

constexpr uint32_t kPairs = 6;
/// The lines of searched_six() that hold no pair and no triple. An exact cover by lines that are
/// orbits of a random permutation of order 3 which keeps the circle of pairs and the triples: found
/// in seconds, once six pairs and four triples were left to a structure of their own. With twelve
/// pairs, which would make 48 lines, no such search found any.
constexpr std::array<std::array<uint32_t, 4>, 39> kSearchedLines = {
    {{0, 4, 12, 18},  {0, 5, 17, 22},   {0, 6, 14, 20},   {0, 7, 16, 23},  {0, 8, 19, 21},
     {0, 9, 13, 15},  {1, 4, 16, 21},   {1, 5, 13, 18},   {1, 6, 15, 22},  {1, 7, 12, 20},
     {1, 8, 14, 17},  {1, 9, 19, 23},   {2, 6, 13, 19},   {2, 7, 15, 21},  {2, 8, 18, 22},
     {2, 9, 12, 17},  {2, 10, 20, 23},  {2, 11, 14, 16},  {3, 6, 17, 23},  {3, 7, 14, 19},
     {3, 8, 13, 16},  {3, 9, 18, 21},   {3, 10, 12, 15},  {3, 11, 20, 22}, {4, 8, 15, 20},
     {4, 9, 14, 22},  {4, 10, 17, 19},  {4, 11, 13, 23},  {5, 8, 12, 23},  {5, 9, 16, 20},
     {5, 10, 14, 21}, {5, 11, 15, 19},  {6, 10, 16, 18},  {6, 11, 12, 21}, {7, 10, 13, 22},
     {7, 11, 17, 18}, {12, 16, 19, 22}, {13, 17, 20, 21}, {14, 15, 18, 23}}};

}  // namespace

Design all_pairs(uint32_t points) {
    Design design{"half-tiles", points, 2, {}};
    for (uint32_t a = 0; a < points; ++a)
        for (uint32_t b = a + 1; b < points; ++b)
            design.lines.push_back({{a, b}, a % 2 == 0 && b == a + 1 ? 0u : 1u});
    if (points % 2 != 0) design.lines.push_back({{points - 1}, 0});
    return design;
}

uint32_t transversal_groups(uint32_t n) {
    const std::vector<uint32_t> powers = prime_powers_of(n);
    return powers.empty() ? 0 : 1 + *std::min_element(powers.begin(), powers.end());
}

Design filled_transversal(uint32_t n, uint32_t k, const Design& fill) {
    if (k > transversal_groups(n) || fill.points * k != n * fill.width)
        throw std::logic_error("no such transversal design, or its fill does not fit");
    const uint32_t parts = fill.points / std::gcd(n, fill.points);  // of a point
    const uint32_t filled = n * parts / fill.points;                // of them a point of `fill`
    Design design{
        fmt::format("TD({},{}) filled with {}", k, n, fill.name), k * n * parts, k * parts, {}};
    std::vector<Field> fields;
    for (const uint32_t q : prime_powers_of(n)) fields.emplace_back(q);
    for (uint32_t a = 0; a < n; ++a)
        for (uint32_t b = 0; b < n; ++b) {
            Line line{{}, parts};
            for (uint32_t group = 0; group < k; ++group)
                for (uint32_t part = 0; part < parts; ++part)
                    line.points.push_back(
                        (group * n + point_on_block(fields, a, b, group)) * parts + part);
            design.lines.push_back(std::move(line));
        }
    for (uint32_t group = 0; group < k; ++group)
        for (const Line& of_fill : fill.lines) {
            Line line{{}, of_fill.apart * filled};
            for (const uint32_t point : of_fill.points)
                for (uint32_t part = 0; part < filled; ++part)
                    line.points.push_back(group * n * parts + point * filled + part);
            design.lines.push_back(std::move(line));
        }
    return design;
}

Design searched_six() {
    Design design{"searched design on 24 points", 24, 4, {}};
    for (uint32_t pair = 0; pair < kPairs; ++pair) {
        const uint32_t a = 2 * pair, b = 2 * ((pair + 1) % kPairs);
        design.lines.push_back({{a, a + 1, b, b + 1}, pair % 2 == 0 ? 0u : 2u});
        std::sort(design.lines.back().points.begin(), design.lines.back().points.end());
    }
    for (uint32_t a = 2 * kPairs; a < design.points; a += 3)
        design.lines.push_back({{a, a + 1, a + 2}, 0});
    for (const auto& line : kSearchedLines) design.lines.push_back({{line.begin(), line.end()}, 1});
    return design;
}

}  // namespace tessera::host
