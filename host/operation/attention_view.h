// SPDX-License-Identifier: MIT
// An attention on some heads, and some keys, of tensors in device memory. It reads and writes them
// where they lie: nothing is copied.
#pragma once
#include <cstdint>

#include "firmware/plan/job.h"
#include "host/operation/memory_map.h"
#include "host/problem/problem.h"

namespace tessera::host {

/// Heads `first`, `first + step`, ... of a tensor.
struct HeadSlice {
    uint32_t heads = 0;  ///< of the tensor
    uint32_t first = 0, step = 1;
};

/// Head i of a problem is head i of these slices; its key j is row j * key_stride.
struct AttentionView {
    HeadSlice queries, keys;  ///< of q and o; of k and v
    uint32_t key_rows = 0;    ///< of a head of k and v
    uint32_t key_stride = 1;
};

/// Operands and results of `job`, which does the problem: parts of the tensors with the roles q, k,
/// v and o.
void place_view(const Problem& problem, const AttentionView& view, fw::AttentionJob& job,
                MemoryMap& map);

}  // namespace tessera::host
