// SPDX-License-Identifier: MIT
// Random attention jobs by pairs of tiles.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "firmware/partial.h"
#include "firmware/row_list.h"
#include "firmware/sentinel.h"
#include "firmware/summary_list.h"
#include "host/float_bits.h"
#include "host/verify/attention_job.h"
#include "host/workload/schedule_check.h"
#include "host/workload/sentinel.h"
#include "host/workload/sink_logits.h"
#include "spec/float.h"

namespace tessera::verify {
namespace {

class Generator : JobGenerator {
  public:
    Generator(uint64_t seed, const spec::DeviceParams& params, uint32_t max_tokens)
        : JobGenerator(seed, params), lists_(~seed), sinks_(~seed - 1), max_tokens_(max_tokens) {}

    AttentionJob make() {
        AttentionJob j;
        choose_machine(j);
        choose_shape(j.layout.job, j.arrays);
        // Draws of their own: seeds without lists are the jobs that they were before there were
        // any.
        if (p_.profile != spec::Profile::kBlackbox && lists_() % 8 == 0)
            random_lists(lists_, j.layout.job, j.arrays);
        align_earlier_queries(j.layout.job);
        if (chance(30)) choose_sequences(j.layout);
        choose_sinks(j);
        place_tensors(j);
        fill(j.image);
        if (j.job().sentinel.form != fw::SentinelForm::kNone) write_sentinel_columns(j);
        spoil_padding(j);
        if (fw::schedule_type(j.layout.job.order).open_tiles != 0 && chance(20))
            j.platform.devices = j.layout.devices = 2 + below(3);
        for (host::SequenceJob& sequence : j.layout.sequences)
            sequence.first_device = below(j.layout.devices);
        for (const fw::AttentionJob& one : j.layout.jobs())
            host::check_schedule(one, p_.m, j.layout.devices);
        place_rings(j);
        return j;
    }

  private:
    void choose_shape(fw::AttentionJob& job, MaskArrays& arrays) {
        job.kv_heads = 1 + below(2);
        job.query_heads = job.kv_heads * (1 + below(2));
        job.nq = chance(20) ? 1 : 1 + below(max_tokens_);
        job.nk = chance(40) ? job.nq : 1 + below(max_tokens_);
        job.d_k = chance(50) ? p_.d : 1 + below(p_.d);
        job.d_v = chance(50) ? p_.d : 1 + below(p_.d);
        job.factor = 0x3e000000u + below(1 << 24);  // 2^-3 to 2^-1
        const uint32_t origin = chance(20) ? spec::kPositionLimit - max_tokens_ : below(1000);
        const bool at_end = job.nk > job.nq && chance(50);
        job.q_position = at_end ? origin + job.nk - job.nq : origin;
        job.k_position = origin;
        job.order = static_cast<fw::LoopOrder>(below(fw::schedule_count()));
        job.bf16_output = chance(50);
        job.want_lse = chance(30);
        if (p_.profile == spec::Profile::kBlackbox) choose_sentinel(job);
        random_mask(random_, p_.m, job, arrays);
        if (p_.profile != spec::Profile::kBlackbox) return;
        job.tile_flags = nullptr;  // of whole tiles
        // Gathered keys are a key tile of their own.
        const bool gathers = (job.mask.flags & spec::kMaskTail) != 0;
        if (gathers && job.sentinel.form == fw::SentinelForm::kNone) job.mask = spec::Mask();
    }

    /// Of more queries than keys, the first of some jobs are before key 0.
    void align_earlier_queries(fw::AttentionJob& job) {
        if (job.nq <= job.nk || job.query_list.given() || job.key_list.given()) return;
        if (lists_() % 2 == 0) job.k_position += job.nq - job.nk;
    }

    /// One key tile can do without.
    void choose_sentinel(fw::AttentionJob& job) {
        fw::Sentinel& s = job.sentinel;
        if (chance(15)) {
            job.want_lse = false;
            job.nk = std::min(job.nk, p_.m);
            return;
        }
        const bool fits = job.d_v + 2 <= p_.d;
        constexpr fw::SentinelForm kForms[] = {
            fw::SentinelForm::kSplit, fw::SentinelForm::kTwoCalls, fw::SentinelForm::kColumns};
        s.form = kForms[below(fits ? 3 : 2)];
        s.query_column = job.d_k < p_.d;
        if (s.query_column)
            s.key = host::sentinel_key(job.factor);
        else
            job.factor -= 5 << 23;  // the zero key has to do: scores below 2^4
    }

    /// Levels of the queries, mostly ones that tell, zeros for the keys, and indicators.
    void write_sentinel_columns(AttentionJob& j) {
        const fw::AttentionJob& job = j.job();
        if (job.sentinel.query_column) {
            const uint32_t spread = chance(20) ? 400 : 20;
            each_row(job.q, job.query_heads, job.nq, [&](uint64_t row) {
                const auto level =
                    static_cast<float>(below(2 * spread)) - static_cast<float>(spread);
                put(j.image, row + 2 * job.d_k, spec::fp32_to_bf16(host::bits_of(level)));
            });
            each_row(job.k, job.kv_heads, job.nk,
                     [&](uint64_t row) { put(j.image, row + 2 * job.d_k, 0); });
        }
        if (job.sentinel.form != fw::SentinelForm::kColumns) return;
        each_row(job.v, job.kv_heads, job.nk, [&](uint64_t row) {
            put(j.image, row + 2 * job.d_v, 0);
            put(j.image, row + 2 * job.d_v + 2, 0x3f80);
        });
    }

    template <typename Visit>
    static void each_row(const fw::Tensor& t, uint32_t heads, uint32_t rows, Visit&& visit) {
        for (uint32_t head = 0; head < heads; ++head)
            for (uint32_t row = 0; row < rows; ++row) visit(fw::row_address(t, head, row));
    }

    /// Makes it a batch of sequences, each with some of the tokens.
    void choose_sequences(host::Layout& layout) {
        fw::AttentionJob& job = layout.job;
        if (job.documents != nullptr || job.tile_flags != nullptr) return;
        if (job.query_list.given() || job.key_list.given()) return;
        const bool at_end = job.q_position != job.k_position;
        const uint32_t origin = std::min(job.q_position, job.k_position);
        layout.sequences.resize(1 + below(4));
        for (host::SequenceJob& sequence : layout.sequences) {
            sequence.nq = 1 + below(job.nq);
            sequence.nk = 1 + below(job.nk);
            sequence.k_position = sequence.q_position = origin;
            if (at_end && sequence.nk > sequence.nq)
                sequence.q_position += sequence.nk - sequence.nq;
            if (at_end && sequence.nq > sequence.nk)
                sequence.k_position += sequence.nq - sequence.nk;
            sequence.mask = job.mask;
        }
        job.query_heads *= static_cast<uint32_t>(layout.sequences.size());
        job.kv_heads *= static_cast<uint32_t>(layout.sequences.size());
    }

    /// A job in five has sinks. A black box tells firmware nothing to merge them with unless it has
    /// a sentinel.
    void choose_sinks(AttentionJob& j) {
        fw::AttentionJob& job = j.layout.job;
        const bool told =
            p_.profile != spec::Profile::kBlackbox || job.sentinel.form != fw::SentinelForm::kNone;
        if (!told || sinks_() % 5 != 0) return;
        job.sink_logits = true;
        j.sink_logits = host::random_sink_logits(sinks_, job.query_heads);
    }

    /// As many rows of a head as a tile can have of it; they may lie apart.
    void place_sinks(fw::AttentionJob& job, uint64_t& next) {
        fw::Tensor& t = job.sink_state;
        t.address = (next + p_.bus_bytes - 1) / p_.bus_bytes * p_.bus_bytes;
        t.pitch = (1 + p_.beats(4 * job.d_v) + static_cast<uint32_t>(sinks_() % 3)) * p_.bus_bytes;
        t.head_stride = uint64_t{t.pitch} * std::min(p_.m, job.nq);
        next = t.address + t.head_stride * job.query_heads;
    }

    /// NaN where nobody may look.
    static void spoil_padding(AttentionJob& j) {
        constexpr uint16_t kNan = 0x7fc0;
        const std::vector<fw::AttentionJob> jobs = j.layout.jobs();
        const auto spoil = [&](const fw::Tensor& t, uint32_t heads, uint32_t from, uint32_t to) {
            for (uint32_t head = 0; head < heads; ++head)
                for (uint64_t at = fw::row_address(t, head, from);
                     at < fw::row_address(t, head, to); at += 2)
                    std::memcpy(&j.image[at], &kNan, 2);
        };
        for (const fw::AttentionJob& one : jobs) {
            spoil(one.q, one.query_heads, one.nq, j.job().nq);
            spoil(one.k, one.kv_heads, one.nk, j.job().nk);
            spoil(one.v, one.kv_heads, one.nk, j.job().nk);
        }
        const auto spoil_unlisted = [&](const fw::Tensor& t, uint32_t heads,
                                        const fw::RowList& list, uint32_t count) {
            for (uint32_t row = 0; list.given() && row < list.limit; ++row)
                if (std::find(list.rows, list.rows + count, row) == list.rows + count)
                    spoil(t, heads, row, row + 1);
        };
        const fw::AttentionJob& job = j.job();
        spoil_unlisted(job.q, job.query_heads, job.query_list, job.nq);
        spoil_unlisted(job.k, job.kv_heads, job.key_list, job.nk);
        spoil_unlisted(job.v, job.kv_heads, job.key_list, job.nk);
    }

    void place_tensors(AttentionJob& j) {
        fw::AttentionJob& job = j.layout.job;
        const uint32_t last_pass = fw::sentinel_passes(job.sentinel.form) - 1;
        uint64_t next = place_operands(j, fw::key_columns(job), fw::value_columns(job, last_pass));
        // Of each of up to four devices.
        const bool tile = fw::schedule_type(job.order).open_tiles == 1;
        j.layout.state_heads = tile ? 1 : job.query_heads / job.kv_heads;
        job.state =
            place(4 * j.layout.state_heads, tile ? p_.m : job.nq, p_.bus_bytes + 4 * job.d_v, next);
        job.lse = place(job.query_heads, job.nq, p_.bus_bytes, next);
        const bool sentinel = job.sentinel.form != fw::SentinelForm::kNone;
        if (p_.profile == spec::Profile::kStats || sentinel)
            job.partial = place(4 * fw::partial_slots(job), p_.m, fw::partial_bytes(job, p_), next);
        if (sentinel) {
            fw::Sentinel& s = job.sentinel;
            s.rows = place(1, fw::kSentinelRows, fw::sentinel_row_bytes(job), next);
            s.indicators = place(1, p_.m, 4, next);
            s.redo = place(4, p_.m,
                           p_.beats(2 * fw::key_columns(job)) * p_.bus_bytes + p_.bus_bytes, next);
        }
        job.summary_list = next;
        const std::vector<fw::AttentionJob> jobs = j.layout.jobs();
        for (size_t i = 0; i < jobs.size(); ++i) {
            if (!j.layout.sequences.empty())
                j.layout.sequences[i].summary_list = next - job.summary_list;
            next += fw::summary_list_bytes(jobs[i], p_);
        }
        job.query_list.address = next;
        if (job.query_list.given()) next += fw::list_bytes(job.nq, p_.m, p_);
        job.key_list.address = next;
        if (job.key_list.given()) next += fw::list_bytes(job.nk, p_.m, p_);
        if (job.sink_logits) place_sinks(job, next);
        j.bytes = next;
    }

    std::mt19937_64 lists_, sinks_;  // draws of their own: other jobs stay what they were
    const uint32_t max_tokens_;
};

}  // namespace

Case attention_case(uint64_t seed, const spec::DeviceParams& params, uint32_t max_tokens) {
    const auto j = std::make_shared<AttentionJob>(Generator(seed, params, max_tokens).make());
    const size_t sequences = j->layout.sequences.size();
    return case_of_job(fmt::format("attention, seed {}: {}{}{}", seed, mask_text(j->job()),
                                   j->job().sink_logits ? ", sink logits" : "",
                                   sequences == 0 ? "" : fmt::format(", batch of {}", sequences)),
                       j);
}

}  // namespace tessera::verify
