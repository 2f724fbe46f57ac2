// SPDX-License-Identifier: MIT
#include "firmware/job_check.h"

#include "firmware/planner.h"

namespace tessera::fw {
namespace {

/// Rows of `row_bytes` at multiples of the bus width? Heads may interleave: [tokens][heads][dim].
bool placed(const Tensor& tensor, uint32_t row_bytes, uint32_t bus_bytes) {
    const uint64_t bits = tensor.address | tensor.head_stride | tensor.pitch;
    return (bits & (bus_bytes - 1)) == 0 && tensor.pitch >= row_bytes;
}

bool all_placed(const AttentionJob& job, bool states_travel, uint32_t bus) {
    return placed(job.q, 2 * job.d_k, bus) && placed(job.k, 2 * job.d_k, bus) &&
           placed(job.v, 2 * job.d_v, bus) &&
           placed(job.o, (job.bf16_output ? 2 : 4) * job.d_v, bus) &&
           (!states_travel || placed(job.state, bus + 4 * job.d_v, bus)) &&
           (!job.want_lse || placed(job.lse, bus, bus));
}

bool positions_fit(uint32_t first, uint32_t tokens) {
    return uint64_t{first} + tokens <= spec::kPositionLimit;
}

}  // namespace

JobRule check_job(const AttentionJob& job, const spec::DeviceParams& device) {
    if (job.query_heads == 0 || job.kv_heads == 0 || job.nq == 0 || job.nk == 0 || job.d_k == 0 ||
        job.d_v == 0)
        return JobRule::kEmpty;
    if (job.query_heads % job.kv_heads != 0) return JobRule::kHeads;
    if (job.share > job.peers || (job.peers != 0 && job.order != LoopOrder::kQueryResident))
        return JobRule::kShares;
    if (job.d_k > device.d || job.d_v > device.d) return JobRule::kDimension;
    if (!positions_fit(job.q_position, job.nq) || !positions_fit(job.k_position, job.nk))
        return JobRule::kPositions;
    const Planner planner(job, device.m);
    if (!all_placed(job, planner.states_travel(), device.bus_bytes)) return JobRule::kAlignment;
    const bool merges = planner.key_tiles(planner.query_tiles() - 1) > 1;
    const bool stores_state = job.want_lse;
    if ((merges && device.profile != spec::Profile::kStateful) ||
        (stores_state && device.profile == spec::Profile::kBlackbox))
        return JobRule::kProfile;
    return JobRule::kNone;
}

}  // namespace tessera::fw
