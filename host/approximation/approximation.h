// SPDX-License-Identifier: MIT
// Approximate attention, as a user asks for it: which key tiles a query tile sees, and how large an
// error counts as a failure. docs/contract/schedules.md, section 5.
#pragma once
#include <cstdint>
#include <vector>

#include "spec/integers.h"

namespace tessera::host {

/// How the key tiles that a query tile sees are chosen.
enum class Rule { kSample, kSinkWindow, kTopkMean, kTopkBound, kHybrid };

struct RuleInfo {
    const char* name;
    Rule rule;
    const char* description;
};
/// All rules, by the names that the command line and the report use.
const std::vector<RuleInfo>& approximation_rules();
const char* rule_name(Rule rule);

struct Approximation {
    Rule rule = Rule::kHybrid;
    /// Key tiles that a query tile sees beside its own; of `sample`, which has no own one, all.
    uint32_t tiles = 0;
    uint64_t seed = 1;       ///< of draws: permutation, sampled tiles, audited rows
    double tolerance = 0.1;  ///< tau: a row fails if its relative error is larger
    bool accept = false;     ///< go on though the verdict is not VALID
};

/// The problem, as far as a selection depends on it. A tile has m tokens, the last one what is
/// left.
struct ApproximationShape {
    uint32_t query_heads = 1, kv_heads = 1;
    uint32_t nq = 0, nk = 0;  ///< tokens
    uint32_t d_k = 0;         ///< elements
    uint32_t m = 0;           ///< tokens of a tile
    bool causal = false;

    uint32_t query_tiles() const { return spec::divide_up(nq, m); }
    uint32_t key_tiles() const { return spec::divide_up(nk, m); }
    /// Key tiles that query tile `tile` may see: [0, end).
    uint32_t tiles_end(uint32_t tile) const { return causal ? tile + 1 : key_tiles(); }
};

/// Fewest tiles that the rule takes: of hybrid the first, the previous, and one that is drawn.
uint32_t least_tiles(Rule rule);

/// UserError, naming the option, unless the rule can be applied to this shape: `sample` is dense
/// only, the others need nq = nk, and tiles and tolerance have their ranges.
void check_approximation(const Approximation& approximation, const ApproximationShape& shape);

}  // namespace tessera::host
