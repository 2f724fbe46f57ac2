// SPDX-License-Identifier: MIT
// All the designs there are to choose from, by their number of lines alone; a design is built when
// it is chosen.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "host/cover/design.h"

namespace tessera::host {

/// Kinds of designs, as `--cover` names them.
enum class CoverKind { kAuto, kAffine, kProjective, kGrid, kArc, kTransversal, kSearched, kHalf };

struct CoverKindInfo {
    const char* name;
    CoverKind kind;
    const char* description;
};
const std::vector<CoverKindInfo>& cover_kinds();

/// A design that could be built.
struct DesignCandidate {
    CoverKind kind;
    uint64_t points, width, lines;
    std::string formula;  ///< of `lines`
    std::function<Design()> build;
};

/// Largest cover that is worth building, in lines.
inline constexpr uint64_t kMaxLines = 1u << 18;

/// All candidates but half-tiles, which exist for every number of points, with at most `width`
/// points on a line and at most kMaxLines lines. Of designs filled with others only the best fill.
std::vector<DesignCandidate> design_candidates(uint64_t width);

/// Half-tiles on `points` points.
DesignCandidate half_tiles(uint32_t points);

/// The candidate with the fewest lines that has R * width points; `ratio` = R >= 2.
DesignCandidate best_candidate(uint32_t ratio);

}  // namespace tessera::host
