// SPDX-License-Identifier: MIT
#include "host/cover/cover.h"

#include <algorithm>

#include "spec/integers.h"

namespace tessera::host {
namespace {

/// Every line goes to the first class in which none of its points is yet. Lines that come class by
/// class, as those of an affine plane do, stay so.
std::vector<std::vector<Line>> classes_of(const Design& design) {
    std::vector<std::vector<Line>> classes(1);
    std::vector<std::vector<bool>> taken;
    for (const Line& line : design.lines) {
        if (line.apart == 0) {
            classes[0].push_back(line);
            continue;
        }
        const auto free = [&](const std::vector<bool>& points) {
            return std::none_of(line.points.begin(), line.points.end(),
                                [&](uint32_t point) { return points[point]; });
        };
        const auto at = std::find_if(taken.begin(), taken.end(), free);
        const auto n = static_cast<size_t>(at - taken.begin());
        if (n == taken.size()) {
            taken.emplace_back(design.points, false);
            classes.emplace_back();
        }
        for (const uint32_t point : line.points) taken[n][point] = true;
        classes[n + 1].push_back(line);
    }
    return classes;
}

/// All tokens in one call.
DesignCandidate single() {
    return {CoverKind::kAuto, 1, 1, 1, "1: all tokens fit one call", [] {
                return Design{"one call", 1, 1, {{{0}, 0}}};
            }};
}

}  // namespace

uint64_t Cover::calls() const {
    uint64_t count = 0;
    for (const auto& lines : classes) count += lines.size();
    return count;
}

uint32_t Cover::line_tokens(const Line& line) const {
    const bool has_last = line.points.back() + 1 == groups;
    const uint32_t missing = has_last ? groups * group_tokens - tokens : 0;
    return static_cast<uint32_t>(line.points.size()) * group_tokens - missing;
}

Cover cover_by(const DesignCandidate& candidate, uint32_t tokens, uint32_t m) {
    Cover cover;
    cover.kind = candidate.kind;
    cover.formula = candidate.formula;
    cover.lines_of_design = candidate.lines;
    cover.tokens = tokens;
    cover.group_tokens = static_cast<uint32_t>(m / candidate.width);
    cover.groups = static_cast<uint32_t>(spec::divide_up(tokens, cover.group_tokens));
    const Design design = truncated(candidate.build(), cover.groups);
    cover.name = design.name;
    cover.classes = classes_of(design);
    return cover;
}

std::vector<DesignCandidate> cover_candidates(uint32_t tokens, uint32_t m) {
    std::vector<DesignCandidate> candidates = design_candidates(m);
    if (m >= 2 && spec::divide_up(tokens, m / 2) <= UINT16_MAX)
        candidates.push_back(half_tiles(static_cast<uint32_t>(spec::divide_up(tokens, m / 2))));
    const auto unfit = [&](const DesignCandidate& c) {
        return c.points * (m / c.width) < tokens || c.lines > kMaxLines;
    };
    candidates.erase(std::remove_if(candidates.begin(), candidates.end(), unfit), candidates.end());
    return candidates;
}

std::optional<Cover> plan_cover(uint32_t tokens, uint32_t m, CoverKind kind) {
    if (tokens <= m) return cover_by(single(), tokens, m);
    const std::vector<DesignCandidate> candidates = cover_candidates(tokens, m);
    const DesignCandidate* best = nullptr;
    for (const DesignCandidate& c : candidates) {
        if (kind != CoverKind::kAuto && c.kind != kind) continue;
        if (best == nullptr || c.lines < best->lines) best = &c;
    }
    if (best == nullptr) return std::nullopt;
    return cover_by(*best, tokens, m);
}

uint64_t schoenheim_bound(uint64_t tokens, uint64_t m) {
    if (tokens <= m) return 1;
    return spec::divide_up(tokens * spec::divide_up(tokens - 1, m - 1), m);
}

}  // namespace tessera::host
