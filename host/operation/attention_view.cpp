// SPDX-License-Identifier: MIT
#include "host/operation/attention_view.h"

namespace tessera::host {

void place_view(const Problem& p, const AttentionView& view, fw::AttentionJob& job,
                MemoryMap& map) {
    const auto heads = [](fw::Tensor tensor, const HeadSlice& slice) {
        tensor.address += slice.first * tensor.head_stride;
        tensor.head_stride *= slice.step;
        return tensor;
    };
    const auto keys = [&](const char* role, uint64_t columns) {
        fw::Tensor tensor =
            heads(map.first_rows(role, TensorLayout::heads(ElementType::kBf16, view.keys.heads,
                                                           view.key_rows, columns)),
                  view.keys);
        tensor.pitch *= view.key_stride;
        return tensor;
    };
    const auto queries = [&](const char* role, ElementType type, uint64_t columns) {
        return heads(map.tensor(role, TensorLayout::heads(type, view.queries.heads, p.nq, columns)),
                     view.queries);
    };
    job.q = queries("q", ElementType::kBf16, p.d_k);
    job.k = keys("k", p.d_k);
    job.v = keys("v", p.d_v);
    job.o = queries("o", p.bf16_output ? ElementType::kBf16 : ElementType::kFp32, p.d_v);
}

}  // namespace tessera::host
