// SPDX-License-Identifier: MIT
// A cover of N tokens by calls that take one set of at most M tokens each and attend within it:
// every ordered pair of tokens meets in exactly one call. docs/contract/schedules.md, section 4.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/cover/catalogue.h"
#include "host/cover/design.h"

namespace tessera::host {

/// Group n is the tokens [n * group_tokens, (n + 1) * group_tokens) below N; only the last may be
/// shorter. A call is the tokens of a line's groups, ascending, and with `apart` masks what
/// DIAG_OFF(apart * group_tokens) masks.
struct Cover {
    CoverKind kind = CoverKind::kHalf;
    std::string name, formula;
    uint64_t lines_of_design = 0;  ///< by `formula`; the calls are fewer if groups are left over
    uint32_t tokens = 0, group_tokens = 0, groups = 0;
    /// No group is in two lines of one class; the first class has all of them, and is the lines
    /// with apart = 0.
    std::vector<std::vector<Line>> classes;

    uint64_t calls() const;
    uint32_t line_tokens(const Line& line) const;
};

/// The cover that a candidate makes of `tokens` tokens, which must fit its points.
Cover cover_by(const DesignCandidate& candidate, uint32_t tokens, uint32_t m);

/// All designs that give a cover of `tokens` tokens by calls of at most `m`, but one call for all.
std::vector<DesignCandidate> cover_candidates(uint32_t tokens, uint32_t m);

/// The cover of `tokens` tokens with the fewest calls of at most `m`. With a kind, of that kind;
/// nothing if there is none.
std::optional<Cover> plan_cover(uint32_t tokens, uint32_t m, CoverKind kind = CoverKind::kAuto);

/// Schoenheim's bound (1964): sets of m tokens that it takes at least until every pair of tokens is
/// in one, ceil(N/m * ceil((N-1)/(m-1))). With N = R m that is R (R+1) for R <= m.
uint64_t schoenheim_bound(uint64_t tokens, uint64_t m);

}  // namespace tessera::host
