// SPDX-License-Identifier: MIT
// Random attention jobs by covers.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "firmware/merge/partial.h"
#include "firmware/plan/row_list.h"
#include "host/operation/cover_layout.h"
#include "host/verify/attention_job.h"

namespace tessera::verify {
namespace {

constexpr uint64_t kMaxCalls = 300;  ///< of a head
constexpr uint32_t kMaxTiles = 16;   ///< of tokens: more take too long

class Generator : JobGenerator {
  public:
    Generator(uint64_t seed, const spec::DeviceParams& params, uint32_t max_tokens)
        : JobGenerator(seed, params), max_tokens_(std::min(max_tokens, kMaxTiles * params.m)) {}

    AttentionJob make() {
        AttentionJob j;
        choose_machine(j);
        choose_shape(j.layout.job);
        j.layout.cover = host::cover_arrays(random_cover(j.job().nq));
        const uint32_t heads = j.job().query_heads;
        if (heads > 1 && chance(30)) j.platform.devices = j.layout.devices = 2 + below(heads - 1);
        place_tensors(j);
        fill(j.image);
        place_rings(j);
        return j;
    }

  private:
    bool is_blackbox() const { return p_.profile == spec::Profile::kBlackbox; }

    void choose_shape(fw::AttentionJob& job) {
        job.kv_heads = 1 + below(2);
        job.query_heads = job.kv_heads * (1 + below(2));
        const bool one_tile = chance(10) || is_blackbox() || max_tokens_ <= p_.m;
        job.nq = one_tile ? 1 + below(std::min(p_.m, max_tokens_))
                          : p_.m + 1 + below(max_tokens_ - p_.m);
        job.nk = job.nq;
        job.d_k = chance(50) ? p_.d : 1 + below(p_.d);
        job.d_v = chance(50) ? p_.d : 1 + below(p_.d);
        job.factor = 0x3e000000u + below(1 << 24);  // 2^-3 to 2^-1
        if (chance(50)) job.mask.flags = spec::kMaskCausal;
        job.bf16_output = chance(50);
        job.want_lse = chance(30) && !is_blackbox();
    }

    /// By any design with room for so many tokens, not only the one with the fewest calls; each
    /// kind is as likely.
    host::Cover random_cover(uint32_t tokens) {
        std::vector<host::DesignCandidate> designs = host::cover_candidates(tokens, p_.m);
        const auto too_long = [](const host::DesignCandidate& c) { return c.lines > kMaxCalls; };
        designs.erase(std::remove_if(designs.begin(), designs.end(), too_long), designs.end());
        const bool one_call = tokens <= p_.m && (chance(50) || is_blackbox());
        if (one_call || designs.empty()) return host::plan_cover(tokens, p_.m).value();
        std::vector<host::CoverKind> kinds;
        for (const host::DesignCandidate& c : designs)
            if (std::find(kinds.begin(), kinds.end(), c.kind) == kinds.end())
                kinds.push_back(c.kind);
        const host::CoverKind kind = kinds[below(kinds.size())];
        const auto other = [kind](const host::DesignCandidate& c) { return c.kind != kind; };
        designs.erase(std::remove_if(designs.begin(), designs.end(), other), designs.end());
        return host::cover_by(designs[below(designs.size())], tokens, p_.m);
    }

    void place_tensors(AttentionJob& j) {
        fw::AttentionJob& job = j.layout.job;
        const uint32_t state_row = p_.bus_bytes + 4 * job.d_v;
        uint64_t next = place_operands(j, job.d_k, job.d_v);
        job.state = place(job.query_heads, job.nq, state_row, next);
        job.lse = place(job.query_heads, job.nq, p_.bus_bytes, next);
        if (p_.profile == spec::Profile::kStats)
            job.partial = place(j.layout.devices * fw::kPartialSlots, p_.m, state_row, next);
        j.layout.state_heads = 0;  // each device has the states of its heads
        j.layout.cover_list = next;
        j.bytes = next + j.layout.cover->lines.size() * fw::list_part_bytes(p_);
    }

    const uint32_t max_tokens_;
};

}  // namespace

Case cover_case(uint64_t seed, const spec::DeviceParams& params, uint32_t max_tokens) {
    const auto j = std::make_shared<AttentionJob>(Generator(seed, params, max_tokens).make());
    return case_of_job(fmt::format("cover, seed {}: {}, {} tokens, {}", seed,
                                   j->layout.cover->cover.name, j->job().nq, mask_text(j->job())),
                       j);
}

}  // namespace tessera::verify
