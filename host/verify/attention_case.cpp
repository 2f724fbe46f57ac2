// SPDX-License-Identifier: MIT
// Random attention jobs by pairs of tiles.
#include <fmt/format.h>

#include <algorithm>

#include "firmware/merge/partial.h"
#include "firmware/merge/sentinel.h"
#include "firmware/plan/row_list.h"
#include "firmware/plan/schedule.h"
#include "firmware/plan/summary_list.h"
#include "firmware/plan/tile_map.h"
#include "host/float_bits.h"
#include "host/operation/schedule_check.h"
#include "host/problem/problem.h"
#include "host/problem/sentinel.h"
#include "host/problem/sink_logits.h"
#include "host/problem/strided.h"
#include "host/verify/attention_job.h"
#include "spec/float.h"
#include "spec/integers.h"

namespace tessera::verify {
namespace {

/// Schedules that can do any mask come first.
constexpr uint32_t kOfAnyMask = 3;

class Generator : JobGenerator {
  public:
    Generator(uint64_t seed, const spec::DeviceParams& params, uint32_t max_tokens)
        : JobGenerator(seed, params),
          lists_(~seed),
          sinks_(~seed - 1),
          places_(seed ^ 0x5eed),
          pages_(seed ^ 0x9a6e5),
          strided_(seed ^ 0x57de),
          row_causal_(seed ^ 0xca05a1),
          orders_(seed ^ 0x0de5),
          max_tokens_(max_tokens) {}

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
        if (strided_() % 8 == 0) choose_strided(j.layout);
        if (row_causal_() % 12 == 0 && j.layout.sequences.empty())
            make_row_causal(p_, j.layout.job);
        choose_sinks(j);
        if (pages_() % 6 == 0 && !j.job().row_causal)
            random_pages(pages_, p_.m, j.layout.job, j.arrays);
        if (orders_() % 8 == 0) choose_order(j);
        place_tensors(j);
        fill(j.image);
        if (j.job().sentinel.form != fw::SentinelForm::kNone) write_sentinel_columns(j);
        if (j.job().row_causal) copy_backwards(j);
        spoil_padding(j);
        if (!j.job().row_causal && fw::schedule_type(j.layout.job.schedule).open_tiles != 0 &&
            chance(20))
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
        job.schedule = static_cast<fw::ScheduleId>(below(kOfAnyMask));
        job.bf16_output = chance(50);
        job.want_lse = chance(30);
        if (p_.profile == spec::Profile::kBlackbox) choose_sentinel(job);
        random_mask(random_, p_.m, job, arrays);
        if (p_.profile != spec::Profile::kBlackbox) return;
        job.tile_flags = nullptr;  // of whole tiles
        // Gathered keys are a key tile of their own.
        const bool gathers = (job.mask.flags & spec::kMaskSummary) != 0;
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
            const uint32_t queries = job.row_causal ? 2 * job.nq : job.nq;
            each_row(job.q, job.query_heads, queries, [&](uint64_t row) {
                const auto level =
                    static_cast<float>(below(2 * spread)) - static_cast<float>(spread);
                put(j.image, row + 2 * job.d_k, spec::fp32_to_bf16(host::bits_of(level)));
            });
            each_row(job.k, job.kv_heads, key_tensor_rows(job),
                     [&](uint64_t row) { put(j.image, row + 2 * job.d_k, 0); });
        }
        if (job.sentinel.form != fw::SentinelForm::kColumns) return;
        each_row(job.v, job.kv_heads, key_tensor_rows(job), [&](uint64_t row) {
            put(j.image, row + 2 * job.d_v, 0);
            put(j.image, row + 2 * job.d_v + 2, spec::kOneBf16);
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
            host::SequencePlace& place = sequence.place;
            place.nq = 1 + below(job.nq);
            place.nk = 1 + below(job.nk);
            sequence.k_position = sequence.q_position = origin;
            if (at_end && place.nk > place.nq) sequence.q_position += place.nk - place.nq;
            if (at_end && place.nq > place.nk) sequence.k_position += place.nq - place.nk;
            sequence.mask = job.mask;
        }
        place_sequences(layout);
        drop_empty(layout.sequences);
    }

    /// A causal window, perhaps with sinks, that is short enough for all sequences.
    void choose_strided(host::Layout& layout) {
        uint32_t first_key = layout.job.k_position;
        for (const host::SequenceJob& sequence : layout.sequences)
            first_key = std::min(first_key, sequence.k_position);
        if (!random_strided(strided_, p_.m, first_key, layout.job)) return;
        layout.job.schedule = host::strided_schedule();
        for (host::SequenceJob& sequence : layout.sequences) sequence.mask = layout.job.mask;
    }

    /// Any order of pairs of tiles that the contract lets, as a list.
    void choose_order(AttentionJob& j) {
        fw::AttentionJob& job = j.layout.job;
        if (!j.layout.sequences.empty() || job.row_causal ||
            fw::schedule_type(job.schedule).strided)
            return;
        job.schedule = listed_schedule();
        const fw::TileMap map(job, p_.m);
        for (uint32_t head = 0; head < job.kv_heads; ++head) {
            std::vector<fw::TilePair> due;  // of each query tile that is not finished
            const auto add = [&](uint32_t stack, uint32_t q_tile, uint32_t behind) {
                const uint32_t k_tile = map.next_key_tile(stack, q_tile, behind);
                if (k_tile != map.key_tiles()) due.push_back({stack, q_tile, k_tile});
            };
            const uint32_t first = head * map.stacks_per_kv_head();
            for (uint32_t stack = first; stack < first + map.stacks_per_kv_head(); ++stack)
                for (uint32_t q_tile = 0; q_tile < map.query_tiles(); ++q_tile)
                    add(stack, q_tile, 0);
            while (!due.empty()) {
                std::swap(due[orders_() % due.size()], due.back());
                const fw::TilePair pair = due.back();
                due.pop_back();
                j.order.push_back(pair);
                add(pair.stack, pair.q_tile, pair.k_tile + 1);
            }
        }
        job.order = j.order.data();
        job.order_count = static_cast<uint32_t>(j.order.size());
    }

    static fw::ScheduleId listed_schedule() {
        const auto& all = host::schedules();
        return std::find_if(all.begin(), all.end(), [](const auto& info) { return info.listed; })
            ->id;
    }

    /// A job in five has sinks. A black box tells firmware nothing to merge them with unless it has
    /// a sentinel.
    void choose_sinks(AttentionJob& j) {
        fw::AttentionJob& job = j.layout.job;
        const bool told =
            p_.profile != spec::Profile::kBlackbox || job.sentinel.form != fw::SentinelForm::kNone;
        if (!told || sinks_() % 5 != 0 || job.row_causal) return;
        job.sink_logits = true;
        j.sink_logits = host::random_sink_logits(sinks_, job.query_heads);
    }

    /// As many rows of a head as a tile can have of it; they may lie apart.
    void place_sinks(fw::AttentionJob& job, uint64_t& next) {
        fw::Tensor& t = job.sink_state;
        t.address = spec::round_up(next, p_.bus_bytes);
        t.pitch = (1 + p_.beats(4 * job.d_v) + static_cast<uint32_t>(sinks_() % 3)) * p_.bus_bytes;
        t.head_stride = uint64_t{t.pitch} * std::min(p_.m, job.nq);
        next = t.address + t.head_stride * job.query_heads;
    }

    /// Says where they lie: in heads of their own, with padding on either side, or packed in the
    /// same heads. Some become empty. Draws of their own, as for lists.
    void place_sequences(host::Layout& layout) {
        fw::AttentionJob& job = layout.job;
        const auto count = static_cast<uint32_t>(layout.sequences.size());
        const uint64_t kind = places_() % 3;
        const bool left = kind == 1;
        layout.packed = kind == 2;
        layout.batch = layout.packed ? 1 : count;
        uint32_t queries = 0, keys = 0;
        for (uint32_t s = 0; s < count; ++s) {
            host::SequencePlace& place = layout.sequences[s].place;
            place.number = s;
            if (s != 0 && places_() % 5 == 0) (places_() % 2 == 0 ? place.nq : place.nk) = 0;
            place.first_query = layout.packed ? queries : left ? job.nq - place.nq : 0;
            place.first_key = layout.packed ? keys : left ? job.nk - place.nk : 0;
            if (!layout.packed) place.query_head = s * job.query_heads;
            if (!layout.packed) place.kv_head = s * job.kv_heads;
            queries += place.nq;
            keys += place.nk;
        }
        job.query_heads *= layout.batch;
        job.kv_heads *= layout.batch;
        if (!layout.packed) return;
        job.nq = queries + static_cast<uint32_t>(places_() % 3);  // and padding behind the last
        job.nk = keys + static_cast<uint32_t>(places_() % 3);
    }

    static void drop_empty(std::vector<host::SequenceJob>& sequences) {
        const auto empty = [](const host::SequenceJob& sequence) {
            return sequence.place.nq == 0 || sequence.place.nk == 0;
        };
        sequences.erase(std::remove_if(sequences.begin(), sequences.end(), empty), sequences.end());
    }

    /// NaN where nobody may look: in rows that no list names and no sequence of a batch has.
    static void spoil_padding(AttentionJob& j) {
        const fw::AttentionJob& job = j.job();
        const uint32_t batch = j.layout.batch;
        const auto spoil = [&](const fw::Tensor& t, uint32_t heads, uint32_t rows, auto&& is_read) {
            for (uint32_t head = 0; head < heads; ++head)
                for (uint32_t row = 0; row < rows; ++row)
                    if (!is_read(head, row)) spoil_row(j.image, t, head, row);
        };
        const auto read_query = [&](uint32_t head, uint32_t row) {
            if (!listed(job.query_list, job.nq, row)) return false;
            return in_a_sequence(j.layout, [&](const host::SequencePlace& at) {
                return head - at.query_head < job.query_heads / batch &&
                       row - at.first_query < at.nq;
            });
        };
        const auto read_key = [&](uint32_t head, uint32_t row) {
            if (!listed(job.key_list, job.nk, row)) return false;
            if (j.layout.sequences.empty() && job.pages.given())
                return in_pages(job, {0, 0, 0, 0, 0, job.nq, job.nk}, row);
            return in_a_sequence(j.layout, [&](const host::SequencePlace& at) {
                if (head - at.kv_head >= job.kv_heads / batch) return false;
                return job.pages.given() ? in_pages(job, at, row) : row - at.first_key < at.nk;
            });
        };
        const uint32_t key_rows = key_tensor_rows(job);
        if (job.row_causal) return;  // there is none
        spoil(job.q, job.query_heads, tensor_rows(job.query_list, job.nq), read_query);
        spoil(job.k, job.kv_heads, key_rows, read_key);
        spoil(job.v, job.kv_heads, key_rows, read_key);
    }

    static void spoil_row(Bytes& image, const fw::Tensor& t, uint32_t head, uint32_t row) {
        const uint64_t begin = fw::row_address(t, head, row);
        for (uint64_t at = begin; at < begin + t.pitch; at += 2) put(image, at, spec::kNanBf16);
    }

    static bool listed(const fw::RowList& list, uint32_t count, uint32_t row) {
        return !list.given() || std::find(list.rows, list.rows + count, row) != list.rows + count;
    }

    /// Is this row of the tensors a key of the sequence?
    static bool in_pages(const fw::AttentionJob& job, const host::SequencePlace& at, uint32_t row) {
        for (uint32_t j = at.first_key; j < at.first_key + at.nk; ++j)
            if (key_row(job, j) == row) return true;
        return false;
    }

    /// Does `holds` hold of a sequence? Yes, where there are none.
    template <typename Holds>
    static bool in_a_sequence(const host::Layout& layout, Holds&& holds) {
        const auto& all = layout.sequences;
        return all.empty() || std::any_of(all.begin(), all.end(), [&](const auto& sequence) {
                   return holds(sequence.place);
               });
    }

    void place_tensors(AttentionJob& j) {
        fw::AttentionJob& job = j.layout.job;
        const uint32_t last_pass = fw::sentinel_passes(job.sentinel.form) - 1;
        uint64_t next = place_operands(j, fw::key_columns(job), fw::value_columns(job, last_pass));
        // Of each of up to four devices.
        const bool tile = fw::schedule_type(job.schedule).open_tiles == 1;
        j.layout.state_heads = tile ? 1 : job.query_heads / job.kv_heads;
        job.state =
            place(4 * j.layout.state_heads, tile ? p_.m : job.nq, p_.bus_bytes + 4 * job.d_v, next);
        job.lse = place(job.query_heads, job.nq, p_.bus_bytes, next);
        const bool sentinel = job.sentinel.form != fw::SentinelForm::kNone;
        if (p_.profile == spec::Profile::kStats || sentinel || job.row_causal)
            job.partial = place(4 * fw::partial_slots(job), p_.m, fw::partial_bytes(job, p_), next);
        if (sentinel) {
            fw::Sentinel& s = job.sentinel;
            s.rows = place(1, fw::kSentinelRows, fw::sentinel_row_bytes(job), next);
            s.indicators = place(1, p_.m, 4, next);
            s.retry = place(4, p_.m,
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

    std::mt19937_64 lists_, sinks_, places_, pages_, strided_, row_causal_,
        orders_;  // draws of their own: other jobs stay what they were
    const uint32_t max_tokens_;
};

}  // namespace

Case attention_case(uint64_t seed, const spec::DeviceParams& params, uint32_t max_tokens) {
    const auto j = std::make_shared<AttentionJob>(Generator(seed, params, max_tokens).make());
    const host::Layout& layout = j->layout;
    const size_t sequences = layout.sequences.size();
    const std::string batch =
        sequences == 0 ? ""
                       : fmt::format(", {}batch of {}", layout.packed ? "packed " : "", sequences);
    return case_of_job(fmt::format("attention, seed {}: {}{}{}", seed, mask_text(j->job()),
                                   j->job().sink_logits ? ", sink logits" : "", batch),
                       j);
}

}  // namespace tessera::verify
