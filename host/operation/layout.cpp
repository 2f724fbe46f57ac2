// SPDX-License-Identifier: MIT
#include "host/operation/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "firmware/cover/cover_planner.h"
#include "firmware/merge/partial.h"
#include "firmware/merge/sentinel.h"
#include "firmware/plan/planner.h"
#include "firmware/plan/row_list.h"
#include "firmware/plan/summary_list.h"
#include "firmware/plan/tile_map.h"
#include "firmware/runner/job_check.h"
#include "host/error.h"
#include "host/operation/approximate.h"
#include "host/operation/cover_layout.h"
#include "host/operation/schedule_check.h"
#include "host/operation/sharing.h"
#include "host/problem/row_causal.h"
#include "host/text.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

/// Firmware's own check. Only this can still be wrong here: anything else is a bug.
void check_by_firmware(const fw::AttentionJob& job, const spec::DeviceParams& params) {
    const fw::JobRule rule = fw::check_job(job, params);
    if (rule == fw::JobRule::kNone) return;
    if (rule == fw::JobRule::kDocuments)
        throw UserError(
            fmt::format("`workload.mask.documents`: {} documents of up to {} tokens; each needs a "
                        "power of two of positions, "
                        "all together below 2^31",
                        job.document_count, fw::document_stride(job)));
    if (rule == fw::JobRule::kSchedule && job.order != nullptr) {
        const fw::TileMap map(job, params.m);
        throw bad_field(
            "schedule.order", "a list with a tile that is not there",
            fmt::format("{} of {} query tiles and {} key tiles, from 0 on",
                        plural(map.stacks(), "stack"), map.query_tiles(), map.key_tiles()));
    }
    throw std::logic_error(
        fmt::format("firmware refuses the job, rule {}", static_cast<uint32_t>(rule)));
}

void point_to_arrays(const AttentionMask& mask, fw::AttentionJob& job) {
    if (!mask.documents.empty()) {
        job.documents = mask.documents.data();
        job.document_count = static_cast<uint32_t>(mask.documents.size());
    }
    if (mask.tiles.given()) {
        job.tile_flags = mask.tiles.flags.data();
        const uint64_t head = mask.tiles.query_tiles * mask.tiles.key_tiles;
        job.tile_flags_stride = mask.tiles.heads == 1 ? 0 : head;
    }
}

/// A list that comes with the problem, which the job must not outlive.
void point_to_order(const Problem& problem, fw::AttentionJob& job) {
    if (!fw::schedule_type(job.schedule).listed) return;
    if (problem.order == nullptr || problem.order->empty())
        throw bad_field("schedule.order", "empty", "the pairs of tiles of `schedule.name=listed`");
    job.order = problem.order->data();
    job.order_count = static_cast<uint32_t>(problem.order->size());
}

}  // namespace

Layout Layout::of_device(uint32_t device) const {
    Layout own = *this;
    own.job.peers = devices - 1;
    own.job.share = device;
    own.driver.ring_address += device * kRingBytes;
    own.driver.record_address += uint64_t{device} * record_stride;
    own.job.state.address += uint64_t{device} * state_heads * job.state.head_stride;
    own.job.partial.address += uint64_t{device} * fw::partial_slots(job) * job.partial.head_stride;
    own.job.sentinel.retry.address += uint64_t{device} * job.sentinel.retry.head_stride;
    return own;
}

std::vector<fw::AttentionJob> Layout::jobs() const {
    if (remainder) return {job, *remainder};
    if (sequences.empty()) return {job};
    std::vector<fw::AttentionJob> all(sequences.size(), job);
    for (size_t i = 0; i < all.size(); ++i) {
        const SequenceJob& sequence = sequences[i];
        const SequencePlace& place = sequence.place;
        fw::AttentionJob& one = all[i];
        one.query_heads /= batch;
        one.kv_heads /= batch;
        for (fw::Tensor* t : {&one.q, &one.o, &one.lse})
            t->address = fw::row_address(*t, place.query_head, place.first_query);
        const uint32_t first_key = one.pages.given() ? 0 : place.first_key;
        for (fw::Tensor* t : {&one.k, &one.v})
            t->address = fw::row_address(*t, place.kv_head, first_key);
        one.pages.first += place.first_key;
        one.sink_state.address += uint64_t{place.query_head} * one.sink_state.head_stride;
        one.nq = place.nq;
        one.nk = place.nk;
        one.q_position = sequence.q_position;
        one.k_position = sequence.k_position;
        one.mask = sequence.mask;
        one.summary_list += sequence.summary_list;
        one.share = (job.share + job.peers + 1 - sequence.first_device) % (job.peers + 1);
    }
    return all;
}

uint64_t Layout::stored_rows() const {
    uint64_t rows = 0;
    for (const fw::AttentionJob& one : jobs()) rows += uint64_t{one.query_heads} * one.nq;
    return rows;
}

namespace {

/// Calls visit(place) for the sequences that a query head has.
template <typename Visit>
void each_place(const Layout& layout, uint64_t head, Visit&& visit) {
    const uint32_t heads = layout.job.query_heads / layout.batch;
    const uint64_t first = head / heads * heads;
    const auto before = [](const SequenceJob& sequence, uint64_t query_head) {
        return sequence.place.query_head < query_head;
    };
    // They lie in the order of their heads. To go through all of them for each head would take the
    // square of a padded batch.
    const auto end = layout.sequences.end();
    for (auto s = std::lower_bound(layout.sequences.begin(), end, first, before);
         s != end && s->place.query_head == first; ++s)
        visit(s->place);
}

}  // namespace

std::vector<Rows> Layout::written_rows(uint64_t head) const {
    if (sequences.empty()) return {{0, job.nq}};
    std::vector<Rows> rows;
    each_place(*this, head, [&](const SequencePlace& place) {
        rows.push_back({place.first_query, place.first_query + place.nq});
    });
    return rows;
}

Rows Layout::query_span(uint64_t head) const {
    const std::vector<Rows> rows = written_rows(head);
    return rows.empty() ? Rows() : Rows{rows.front().begin, rows.back().end};
}

Rows Layout::key_span(uint64_t head) const {
    if (sequences.empty()) return {0, job.nk};
    Rows span{job.nk, 0};
    each_place(*this, head, [&](const SequencePlace& place) {
        span.begin = std::min(span.begin, place.first_key);
        span.end = place.first_key + place.nk;
    });
    return span.end == 0 ? Rows() : span;
}

namespace {

/// What is run, and what is run by itself to audit it.
std::vector<fw::AttentionJob> all_jobs(const Layout& layout) {
    std::vector<fw::AttentionJob> all = layout.jobs();
    if (layout.audit) all.push_back(*layout.audit);
    return all;
}

/// Running states between two key tiles: the device's, or where firmware merges firmware's, with
/// slots for partial results.
void place_states(Layout& layout, const hw::PlatformConfig& config, MemoryMap& map) {
    fw::AttentionJob& job = layout.job;
    const uint64_t row = config.params.bus_bytes + 4 * uint64_t{job.d_v};
    const uint32_t m = config.params.m;
    bool partials = false, travel = false;  // of any sequence: they have it in common
    for (const fw::AttentionJob& one : all_jobs(layout)) {
        const fw::Planner planner(one, m);
        partials = partials || fw::has_partials(one, config.params, planner);
        travel = travel || planner.states_travel();
    }
    const bool tile = fw::schedule_type(job.schedule).open_tiles == 1;  // or the rows of a group
    layout.state_heads = tile ? 1 : job.query_heads / job.kv_heads;
    if (partials || travel)
        job.state = map.rows("state", uint64_t{config.devices} * layout.state_heads,
                             tile ? m : job.nq, row);
    if (partials)
        job.partial = map.rows("partial", uint64_t{config.devices} * fw::partial_slots(job), m,
                               fw::partial_bytes(job, config.params));
    for (auto* other : {&layout.remainder, &layout.audit})
        if (*other) {
            (*other)->state = job.state;
            (*other)->partial = job.partial;
        }
}

/// What rows begin with: a tile loads as many rows of a head's as it has. Firmware takes the first.
void place_sinks(fw::AttentionJob& job, const spec::DeviceParams& params, MemoryMap& map) {
    if (!job.sink_logits) return;
    const bool loaded = params.profile == spec::Profile::kStateful;
    job.sink_state =
        map.rows("sink state", job.query_heads, loaded ? std::min(params.m, job.nq) : 1,
                 params.bus_bytes + 4 * uint64_t{job.d_v});
}

void place_sentinel(fw::AttentionJob& job, const hw::PlatformConfig& config, MemoryMap& map) {
    fw::Sentinel& s = job.sentinel;
    if (s.form == fw::SentinelForm::kNone) return;
    const uint32_t bus = config.params.bus_bytes, m = config.params.m;
    s.rows = map.rows("sentinel", 1, fw::kSentinelRows, fw::sentinel_row_bytes(job));
    if (fw::sentinel_passes(s.form) == 2)
        s.indicators = map.rows("indicators", 1, m, uint64_t{2} * fw::indicator_columns(s.form));
    const uint64_t query = spec::round_up(uint64_t{2} * fw::key_columns(job), bus);
    if (s.query_column) s.retry = map.rows("retry", config.devices, m, query + bus);
}

/// The sequences of a ragged batch, and a list of summary rows for each: firmware writes all of
/// them before the first command.
void place_sequences(const Problem& p, const hw::PlatformConfig& config, Layout& layout) {
    if (!p.ragged()) return;
    layout.batch = p.batch;
    layout.packed = p.packed();
    if (p.sink_logits) layout.keyless = p.keyless();
    const std::vector<SequencePlace> places = p.places();
    const std::vector<Problem> alone = p.sequences();
    for (size_t i = 0; i < places.size(); ++i)
        layout.sequences.push_back({places[i], alone[i].q_position(), alone[i].k_position(),
                                    alone[i].device_mask(), 0, 0});
    const std::vector<fw::AttentionJob> jobs = layout.jobs();
    for (size_t i = 1; i < jobs.size(); ++i)
        layout.sequences[i].summary_list = layout.sequences[i - 1].summary_list +
                                           fw::summary_list_bytes(jobs[i - 1], config.params);
    deal_sequences(layout, config.params);
}

/// The same for a job by a cover, all of whose query heads are under way at a time.
void place_cover_states(Layout& layout, const hw::PlatformConfig& config, MemoryMap& map) {
    fw::AttentionJob& job = layout.job;
    const uint64_t row = config.params.bus_bytes + 4 * uint64_t{job.d_v};
    const uint64_t lines = layout.cover->lines.size();
    layout.state_heads = 0;  // each device has the states of its heads
    if (lines > 1) {
        job.state = map.rows("state", job.query_heads, job.nq, row);
        if (config.params.profile == spec::Profile::kStats)
            job.partial = map.rows("partial", uint64_t{config.devices} * fw::kPartialSlots,
                                   config.params.m, row);
    }
    layout.cover_list = map.place("cover", lines * fw::list_part_bytes(config.params));
}

void check_cover_by_firmware(const fw::CoverJob& job, const spec::DeviceParams& params) {
    const fw::JobRule rule = fw::check_cover_job(job, params);
    if (rule == fw::JobRule::kNone) return;
    if (rule != fw::JobRule::kProfile)
        throw std::logic_error(
            fmt::format("firmware refuses the cover, rule {}", static_cast<uint32_t>(rule)));
    throw UserError(fmt::format(
        "device profile blackbox cannot run this by a cover: {}; use profile stats or stateful",
        job.attention.want_lse
            ? "`workload.lse` needs a command it does not have"
            : "more than one call for a token needs a command it does not have"));
}

/// The problem as firmware takes it, without addresses.
fw::AttentionJob job_of(const Problem& p, const AttentionMask& mask) {
    fw::AttentionJob job;
    job.query_heads = p.query_heads;
    job.kv_heads = p.kv_heads;
    job.nq = p.nq;
    job.nk = p.nk;
    job.d_k = p.d_k;
    job.d_v = p.d_v;
    job.factor = p.factor();
    job.mask = p.device_mask();
    point_to_arrays(mask, job);
    if (p.pages) job.pages = {p.pages->pages.data(), p.pages->rows, 0};
    job.stacked = p.stacked;
    job.row_causal = p.row_causal;
    job.q_position = p.q_position();
    job.k_position = p.k_position();
    job.schedule = p.schedule;
    point_to_order(p, job);
    job.bf16_output = p.bf16_output;
    job.want_lse = p.want_lse;
    job.sink_logits = p.sink_logits;
    job.sentinel.form = p.sentinel.form;
    job.sentinel.query_column = p.sentinel.query_column;
    if (p.sentinel.query_column) job.sentinel.key = sentinel_key(job.factor);
    return job;
}

/// Operands and results.
void place_tensors(const Problem& p, uint32_t bus_bytes, fw::AttentionJob& job, MemoryMap& map) {
    const auto bf16 = [&](const char* role, uint64_t heads, uint64_t rows, uint64_t columns) {
        return map.tensor(role, TensorLayout::heads(ElementType::kBf16, heads, rows, columns));
    };
    const uint32_t last_pass = fw::sentinel_passes(p.sentinel.form) - 1;
    const uint32_t times = p.row_causal ? 2 : 1;  // forwards and backwards
    job.q = bf16("q", p.query_heads, times * p.nq, fw::key_columns(job));
    const auto cache = [&](const char* role, uint64_t columns) {
        const uint32_t rows = p.pages ? p.pages->tensor_rows : times * p.nk;
        return map.first_rows(role,
                              TensorLayout::heads(ElementType::kBf16, p.kv_heads, rows, columns));
    };
    job.k = cache("k", fw::key_columns(job));
    job.v = cache("v", fw::value_columns(job, last_pass));
    const uint32_t results = p.query_heads * result_tensors(p);
    const ElementType type = p.bf16_output ? ElementType::kBf16 : ElementType::kFp32;
    job.o = map.tensor("o", TensorLayout::heads(type, results, p.nq, p.d_v));
    if (p.want_lse || results != p.query_heads) job.lse = map.rows("lse", results, p.nq, bus_bytes);
}

void place_cover(const Problem& p, const hw::PlatformConfig& config, Layout& layout,
                 MemoryMap& map) {
    layout.cover = cover_arrays(plan_cover(p.nq, config.params.m, *p.cover).value());
    place_cover_states(layout, config, map);
    map.check_size();
    check_cover_by_firmware(cover_job(layout), config.params);
}

/// What the pairs of tiles need beside the tensors.
void place_tiles(const Problem& p, const hw::PlatformConfig& config, Layout& layout, MemoryMap& map,
                 ScheduleCheck check) {
    place_sequences(p, config, layout);
    place_states(layout, config, map);
    place_sinks(layout.job, config.params, map);
    place_sentinel(layout.job, config, map);
    uint64_t list = 0;
    for (const fw::AttentionJob& one : layout.jobs())
        list += fw::summary_list_bytes(one, config.params);
    if (list != 0) layout.job.summary_list = map.place("summaries", list);
    map.check_size();
    for (const fw::AttentionJob& one : all_jobs(layout)) {
        check_by_firmware(one, config.params);
        if (check == ScheduleCheck::kAll) check_schedule(one, config.params.m, config.devices);
    }
}

}  // namespace

Layout make_layout(const Problem& p, const hw::PlatformConfig& config, MemoryMap& map,
                   const std::optional<AttentionView>& view, ScheduleCheck check) {
    Layout layout;
    layout.mask = std::make_shared<const AttentionMask>(p.mask);
    layout.pages = p.pages;
    layout.job = job_of(p, *layout.mask);
    layout.sentinel_offset = p.sentinel.offset;
    if (p.row_causal) layout.row_causal_calls = 2 * token_tiles(p, config.params.m) - 1;
    layout.devices = config.devices;
    layout.record_stride = config.params.bus_bytes;
    layout.driver = map.driver();
    if (view)
        place_view(p, *view, layout.job, map);
    else
        place_tensors(p, config.params.bus_bytes, layout.job, map);
    if (p.selection) place_approximation(p, config.params, layout, map);
    if (p.cover)
        place_cover(p, config, layout, map);
    else
        place_tiles(p, config, layout, map, check);
    layout.regions = map.regions();
    layout.end = map.end();
    return layout;
}

Layout make_layout(const Problem& problem, const hw::PlatformConfig& config) {
    MemoryMap map(config);
    return make_layout(problem, config, map);
}

}  // namespace tessera::host
