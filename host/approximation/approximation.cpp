// SPDX-License-Identifier: MIT
#include "host/approximation/approximation.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/error.h"

namespace tessera::host {

const std::vector<RuleInfo>& approximation_rules() {
    static const std::vector<RuleInfo> rules = {
        {"sample", Rule::kSample, "tiles of a random permutation of the keys (Yu & Alman); dense"},
        {"sink+window", Rule::kSinkWindow, "the first tile, and the last before the own one"},
        {"topk-mean", Rule::kTopkMean, "the largest products of mean query and mean key"},
        {"topk-bound", Rule::kTopkBound,
         "the largest bounds on the mean query's scores, from minima and maxima (Quest)"},
        {"hybrid", Rule::kHybrid,
         "the first and the previous tile, the largest of topk-mean, and random ones for the rest"},
    };
    return rules;
}

const char* rule_name(Rule rule) {
    for (const RuleInfo& info : approximation_rules())
        if (info.rule == rule) return info.name;
    return "";
}

uint32_t least_tiles(Rule rule) { return rule == Rule::kHybrid ? 3 : 1; }

void check_approximation(const Approximation& approximation, const ApproximationShape& shape) {
    const char* name = rule_name(approximation.rule);
    const bool sample = approximation.rule == Rule::kSample;
    if (sample && shape.causal)
        throw UserError(
            "`schedule.approximation.rule`: sample draws keys whatever their position; with "
            "`workload.mask.kind=causal` take "
            "hybrid");
    if (!sample && shape.nq != shape.nk)
        throw UserError(
            fmt::format("`schedule.approximation.rule`: {} needs as many queries as keys, here {} "
                        "and {}; allowed: "
                        "{}",
                        name, shape.nq, shape.nk,
                        shape.causal ? "with `workload.mask.kind=dense`, sample" : "sample"));
    const uint32_t least = least_tiles(approximation.rule);
    const uint32_t most = std::max(least, shape.key_tiles());
    if (approximation.tiles < least || approximation.tiles > most)
        throw bad_field(
            "schedule.approximation.tiles", std::to_string(approximation.tiles),
            fmt::format("{} to {} with {} on {} key tiles", least, most, name, shape.key_tiles()));
    if (!(approximation.tolerance > 0 && approximation.tolerance <= 1))
        throw bad_field("schedule.approximation.tolerance",
                        fmt::format("{}", approximation.tolerance), "more than 0, at most 1");
}

}  // namespace tessera::host
