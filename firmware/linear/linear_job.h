// SPDX-License-Identifier: MIT
// Linear attention on a device that only attends, as the host hands it to firmware: the sums
//   o[i] = sum over keys j that query i sees of (q[i] k[j]) * v[j]
// with f = identity, q and k being positive features already. docs/contract/schedules.md,
// section 6.
#pragma once
#include <stdint.h>

#include "firmware/driver/status.h"
#include "firmware/plan/tensor.h"
#include "firmware/plan/tiles.h"
#include "spec/params.h"

namespace tessera::fw {

/// Tokens are taken in chunks. The state before a chunk is S = sum of k[j]^T v[j] over all earlier
/// chunks, d_k rows of d_v elements; without CAUSAL there is one, over all keys.
struct LinearJob {
    static constexpr uint32_t kKind = 4;  ///< of a request (docs/contract/jobs.md)
    uint32_t query_heads = 0, kv_heads = 0;
    uint32_t nq = 0, nk = 0;    ///< tokens
    uint32_t d_k = 0, d_v = 0;  ///< elements: features, and values with the 1 of the denominator
    bool causal = false;        ///< query i sees keys j <= i; nq = nk
    Tensor q, k, v;             ///< bf16
    Tensor o;                   ///< fp32, [query_heads][nq][d_v]
    Tensor states;              ///< bf16, [kv_heads * linear_states()][d_k][d_v]
    Tensor identity;            ///< bf16, [d_k][d_k]

    template <typename Each>
    constexpr void fields(Each& each) {
        each(query_heads, kv_heads, nq, nk, d_k, d_v, causal, q, k, v, o, states, identity);
    }
};

/// Tokens of a chunk: causal, a call has the rows of the state among its keys.
constexpr uint32_t linear_chunk(const LinearJob& job, const spec::DeviceParams& device) {
    return job.causal ? device.m - job.d_k : device.m;
}
/// Calls that add a chunk to the state of a key/value head: causal, nobody sees the last one's.
constexpr uint32_t linear_updates(const LinearJob& job, const spec::DeviceParams& device) {
    return tiles_of(job.nk, linear_chunk(job, device)) - (job.causal ? 1 : 0);
}
/// States of a key/value head that are stored: causal, one behind each update.
constexpr uint32_t linear_states(const LinearJob& job, const spec::DeviceParams& device) {
    return job.causal ? linear_updates(job, device) : 1;
}

/// The first rule that `job` breaks on this device, or kNone. Only `stateful` devices add one
/// chunk after the other to a state: on others a state must not have more than one.
[[nodiscard]] JobRule check_linear_job(const LinearJob& job, const spec::DeviceParams& device);

}  // namespace tessera::fw
