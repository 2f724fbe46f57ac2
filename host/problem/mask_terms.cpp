// SPDX-License-Identifier: MIT
#include "host/problem/mask_terms.h"

#include "spec/mask.h"

namespace tessera::host {

const std::vector<MaskTerm>& mask_terms() {
    static const std::vector<MaskTerm> kTable = {
        {"prefix", spec::kMaskPrefix, &AttentionMask::prefix, &Experiment::Mask::prefix,
         "keys from the first on that all queries see; 0: none",
         "let all queries see the first N keys, also queries before them"},
        {"window", spec::kMaskWindow, &AttentionMask::window, &Experiment::Mask::window,
         "keys that a query sees up to its own, if dense as many ahead; 0: no window",
         "see the last N keys, with `workload.mask.kind=dense` as many ahead"},
        {"sinks", spec::kMaskSink, &AttentionMask::sinks, &Experiment::Mask::sinks,
         "keys from the first on that are seen besides; 0: none",
         "see the first N keys, alone or besides `workload.mask.window`"},
        {"block", spec::kMaskBlock, &AttentionMask::block, &Experiment::Mask::block,
         "positions of a block, a power of two, whose keys its queries see; 0: none",
         "see the keys of the query's own block of N positions, a power of two"},
        {"summary", spec::kMaskSummary, &AttentionMask::summary, &Experiment::Mask::summary,
         "last keys of every earlier block that are seen; 0: none",
         "see the last N keys of every earlier block; needs `workload.mask.block`"},
    };
    return kTable;
}

}  // namespace tessera::host
