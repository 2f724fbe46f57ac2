// SPDX-License-Identifier: MIT
// Operands of one attention of a task, whose elements are integers that bf16 holds.
#pragma once
#include <cstdint>
#include <vector>

namespace tessera::host {

/// Query heads on one key/value head.
struct HeadOperands {
    uint64_t heads = 1;   ///< of q
    uint64_t tokens = 0;  ///< queries
    uint64_t key_tokens = 0;
    uint64_t dimension = 0;         ///< elements of a query or key row
    uint64_t value_dimension = 0;   ///< elements of a value row
    bool scores_may_clamp = false;  ///< by the code of the keys, where the weight is 0 anyway
    std::vector<float> q;           ///< [heads][tokens][dimension]
    std::vector<float> k;           ///< [key_tokens][dimension]
    std::vector<float> v;           ///< [key_tokens][value_dimension]
};

}  // namespace tessera::host
