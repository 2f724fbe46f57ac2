// SPDX-License-Identifier: MIT
// The terms of a user's mask that are a number of tokens, as a table.
#pragma once
#include <cstdint>
#include <vector>

#include "host/problem/mask.h"

namespace tessera::host {

/// A term that is a number of tokens, 0: no such term. What is said of such terms one by one
/// follows from their table: fields and options, reports, what a cover or a rule refuses.
struct MaskTerm {
    const char* name;  ///< the field is `workload.mask.NAME`, the option --NAME
    uint32_t flag;     ///< spec::MaskFlag
    uint32_t AttentionMask::*tokens;
    uint64_t Experiment::Mask::*asked;
    const char* meaning;  ///< of the field, for the manual
    const char* help;     ///< of the option, N being its value
};

/// All of them, in the order in which texts list them.
const std::vector<MaskTerm>& mask_terms();

}  // namespace tessera::host
