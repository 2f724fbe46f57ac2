// SPDX-License-Identifier: MIT
#include "host/cover/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "host/cover/combinations.h"
#include "host/cover/field.h"
#include "host/cover/geometries.h"

namespace tessera::host {
namespace {

/// Powers of primes up to 2 * width: beyond, a grid has far more lines than a design that fits.
std::vector<uint32_t> orders(uint64_t width) {
    constexpr uint64_t kMaxOrder = 256;
    std::vector<uint32_t> result;
    for (uint32_t q = 2; q <= std::min(2 * width, kMaxOrder); ++q)
        if (prime_of_power(q) != 0) result.push_back(q);
    return result;
}

/// AG(n, q) for every n that fits.
void add_affine(uint64_t q, std::vector<DesignCandidate>& list) {
    uint64_t classes = q + 1, per_class = q;  // of dimension 2
    for (uint32_t n = 2; classes * per_class <= kMaxLines; ++n) {
        list.push_back({CoverKind::kAffine, per_class * q, q, classes * per_class,
                        n == 2 ? fmt::format("q^2 + q, q = {}", q)
                               : fmt::format("q^{} (q^{} - 1)/(q - 1), q = {}", n - 1, n, q),
                        [n, q] { return affine_space(n, static_cast<uint32_t>(q)); }});
        classes = classes * q + 1;
        per_class *= q;
    }
}

void add_projective(uint64_t q, std::vector<DesignCandidate>& list) {
    constexpr uint64_t kMaxSpace = 16;  // its field has q^4 elements
    list.push_back({CoverKind::kProjective, q * q + q, q + 1, q * q + q + 1,
                    fmt::format("q^2 + q + 1, q = {}", q),
                    [q] { return punctured_plane(static_cast<uint32_t>(q)); }});
    if (q <= kMaxSpace)
        list.push_back({CoverKind::kProjective, (q * q + 1) * (q + 1), q + 1,
                        (q * q + 1) * (q * q + q + 1),
                        fmt::format("(q^2 + 1)(q^2 + q + 1), q = {}", q),
                        [q] { return projective_space(static_cast<uint32_t>(q)); }});
}

/// Smaller grids have lines with one point alone, which are left out, and are far from the best.
void add_grids(uint64_t q, std::vector<DesignCandidate>& list) {
    for (uint64_t side = q - 1; 4 * side >= 3 * q; --side)
        list.push_back({CoverKind::kGrid, side * side, side, q * q - q + 2 * side,
                        fmt::format("q^2 - q + 2 s, q = {}, s = {}", q, side), [q, side] {
                            return affine_grid(static_cast<uint32_t>(q),
                                               static_cast<uint32_t>(side));
                        }});
}

void add_arcs(uint64_t q, std::vector<DesignCandidate>& list) {
    if (prime_of_power(static_cast<uint32_t>(q)) != 2) return;
    for (uint64_t degree = 4; degree < q; degree *= 2)
        list.push_back(
            {CoverKind::kArc, degree * q + degree - q, degree,
             q * q + q + 1 - q * (q - degree + 1) / degree,
             fmt::format("q^2 + q + 1 - q (q - n + 1)/n, q = {}, n = {}", q, degree), [q, degree] {
                 return maximal_arc(static_cast<uint32_t>(q), static_cast<uint32_t>(degree));
             }});
}

/// TD(k, n) with groups filled by AG(2, n / k): no other fill that there is makes one worth having.
void add_transversals(uint64_t width, std::vector<DesignCandidate>& list) {
    constexpr uint32_t kMaxGroup = 64;
    for (uint32_t n = 4; n <= kMaxGroup; ++n)
        for (uint32_t k = 2; k <= transversal_groups(n); ++k) {
            const uint32_t q = n % k == 0 ? n / k : 0;
            if (prime_of_power(q) == 0) continue;
            const uint64_t parts = q * q / std::gcd(n, q * q);
            if (k * parts > width) continue;
            list.push_back({CoverKind::kTransversal, k * n * parts, k * parts,
                            uint64_t{n} * n + k * (uint64_t{q} * q + q),
                            fmt::format("n^2 + k (q^2 + q), n = {}, k = {}, q = n/k = {}", n, k, q),
                            [n, k, q] { return filled_transversal(n, k, affine_space(2, q)); }});
        }
}

}  // namespace

const std::vector<CoverKindInfo>& cover_kinds() {
    static const std::vector<CoverKindInfo> kKinds = {
        {"auto", CoverKind::kAuto, "the one of these with the fewest calls"},
        {"affine", CoverKind::kAffine, "lines of an affine plane or space"},
        {"projective", CoverKind::kProjective, "lines of a projective plane or space"},
        {"grid", CoverKind::kGrid, "a square part of an affine plane"},
        {"arc", CoverKind::kArc, "a maximal arc in a projective plane"},
        {"transversal", CoverKind::kTransversal, "a transversal design with filled groups"},
        {"searched", CoverKind::kSearched, "found by search: N = 6 M"},
        {"half", CoverKind::kHalf, "every pair of half-tiles"},
    };
    return kKinds;
}

std::vector<DesignCandidate> design_candidates(uint64_t width) {
    std::vector<DesignCandidate> list;
    for (const uint64_t q : orders(width)) {
        add_affine(q, list);
        add_projective(q, list);
        add_grids(q, list);
        add_arcs(q, list);
    }
    add_transversals(width, list);
    list.push_back({CoverKind::kSearched, 24, 4, 49, "49, found by search", searched_six});
    const auto unfit = [&](const DesignCandidate& c) {
        return c.width > width || c.lines > kMaxLines;
    };
    list.erase(std::remove_if(list.begin(), list.end(), unfit), list.end());
    return list;
}

DesignCandidate half_tiles(uint32_t points) {
    const uint64_t n = points;
    return {CoverKind::kHalf,
            n,
            2,
            n * (n - 1) / 2 + n % 2,
            n % 2 == 0 ? fmt::format("n (n - 1)/2, n = {} half-tiles", n)
                       : fmt::format("n (n - 1)/2 + 1, n = {} half-tiles", n),
            [points] { return all_pairs(points); }};
}

DesignCandidate best_candidate(uint32_t ratio) {
    DesignCandidate best = half_tiles(2 * ratio);
    for (DesignCandidate& candidate : design_candidates(kMaxLines))
        if (candidate.points >= ratio * candidate.width && candidate.lines < best.lines)
            best = std::move(candidate);
    return best;
}

}  // namespace tessera::host
