// SPDX-License-Identifier: MIT
#include "firmware/runner/job_check.h"

#include "firmware/merge/partial.h"
#include "firmware/merge/sentinel.h"
#include "firmware/plan/planner.h"
#include "firmware/plan/tile_map.h"
#include "firmware/plan/tiles.h"

namespace tessera::fw {
namespace {

bool sentinel_placed(const AttentionJob& job, uint32_t bus) {
    const Sentinel& s = job.sentinel;
    if (s.form == SentinelForm::kNone) return true;
    return placed(s.rows, sentinel_row_bytes(job), bus) &&
           (sentinel_passes(s.form) == 1 ||
            placed(s.indicators, 2 * indicator_columns(s.form), bus)) &&
           (!s.query_column || placed(s.retry, 2 * key_columns(job) + bus, bus));
}

bool all_placed(const AttentionJob& job, bool uses_state, bool partials,
                const spec::DeviceParams& device) {
    const uint32_t bus = device.bus_bytes, partial_row = partial_bytes(job, device);
    const uint32_t values = value_columns(job, sentinel_passes(job.sentinel.form) - 1);
    const uint32_t state_row = bus + 4 * job.d_v;
    return placed(job.q, 2 * key_columns(job), bus) && placed(job.k, 2 * key_columns(job), bus) &&
           placed(job.v, 2 * values, bus) &&
           placed(job.o, (job.bf16_output ? 2 : 4) * job.d_v, bus) &&
           (!uses_state || placed(job.state, state_row, bus)) &&
           (!job.sink_logits || placed(job.sink_state, state_row, bus)) &&
           (!partials || placed(job.partial, partial_row, bus)) && sentinel_placed(job, bus) &&
           (!job.want_lse || placed(job.lse, bus, bus)) && (job.summary_list & (bus - 1)) == 0;
}

constexpr uint32_t kMaxPeers = 1u << 20;  // query tiles are dealt with 32-bit counts

bool positions_fit(uint64_t first, uint64_t tokens) {
    return first + tokens <= spec::kPositionLimit;
}

/// Is the mask a causal window, perhaps with sinks, that leaves a strided query tile two rows?
bool strided_fits(const AttentionJob& job, uint32_t m) {
    constexpr uint32_t kWindow = spec::kMaskCausal | spec::kMaskWindow;
    return (job.mask.flags & ~uint32_t{spec::kMaskSink}) == kWindow && !job.stacked &&
           strided_rows(job, m) >= 2;
}

/// Has a row-causal job nothing but what goes with it?
bool row_causal_fits(const AttentionJob& job, uint32_t m) {
    return job.mask.flags == spec::kMaskCausal && job.nq == job.nk && job.q_position == 0 &&
           job.k_position == 0 && positions_fit(job.nq, job.nq) && keys_of_tile(job, m) >= 2 &&
           job.schedule == ScheduleId::kQueryResident && job.peers == 0 && !job.stacked &&
           job.documents == nullptr && job.tile_flags == nullptr && !job.query_list.given() &&
           !job.key_list.given() && !job.pages.given() && !job.sink_logits;
}

/// Do the terms of the mask, documents and tile flags go together?
bool mask_fits(const AttentionJob& job, uint32_t m) {
    const uint32_t flags = job.mask.flags;
    if (!spec::mask_legal(job.mask, m) || !terms_planned(flags)) return false;
    // Rows of a tile that gathers are to see the same summary tokens.
    if ((flags & spec::kMaskSummary) != 0 && job.stacked && job.nq != 1) return false;
    const bool tiles = job.tile_flags != nullptr;
    if (job.row_causal && !row_causal_fits(job, m)) return false;
    if (schedule_type(job.schedule).strided && !strided_fits(job, m)) return false;
    if ((tiles || job.documents != nullptr) && (flags & ~spec::kMaskCausal) != 0) return false;
    return !tiles || (!job.stacked && job.documents == nullptr);
}

/// Are there all the tiles that a list names? Whether it has each pair once, and a query tile's in
/// order, is for who made it to know.
bool order_fits(const AttentionJob& job, uint32_t m) {
    const TileMap map(job, m);
    for (uint32_t i = 0; i < job.order_count; ++i) {
        const TilePair& pair = job.order[i];
        if (pair.stack >= map.stacks() || pair.q_tile >= map.query_tiles() ||
            pair.k_tile >= map.key_tiles())
            return false;
    }
    return true;
}

/// Does the device have room for the sentinel: one key, perhaps one element of the query, and the
/// columns of its values?
bool sentinel_fits(const AttentionJob& job, const spec::DeviceParams& device) {
    const SentinelForm form = job.sentinel.form;
    if (form == SentinelForm::kNone) return !job.sentinel.query_column;
    if (device.profile != spec::Profile::kBlackbox || device.m < 2) return false;
    if (key_columns(job) > device.d || job.tile_flags != nullptr) return false;
    for (uint32_t pass = 0; pass < sentinel_passes(form); ++pass)
        if (value_columns(job, pass) > device.d) return false;
    return true;
}

bool documents_fit(const AttentionJob& job, uint32_t m) {
    if (job.documents == nullptr) return true;
    if (job.nq != job.nk || job.q_position != job.k_position) return false;
    if (job.document_count == 0 || job.documents[0] != 0) return false;
    for (uint32_t i = 0; i < job.document_count; ++i)
        if (job.documents[i] >= job.nk || (i != 0 && job.documents[i] <= job.documents[i - 1]))
            return false;
    // Documents that can meet in a tile pair need positions of their own.
    const uint32_t blocks = spec::kPositionLimit / document_stride(job);
    return job.document_count <= blocks || (!job.stacked && blocks >= 2 * m);
}

/// Are all rows below the limit and, where they must be, in ascending order?
bool rows_fit(const RowList& list, uint32_t count, bool ascending, uint32_t bus) {
    if (!list.given()) return true;
    if (list.limit > spec::kPositionLimit || (list.address & (bus - 1)) != 0) return false;
    for (uint32_t i = 0; i < count; ++i)
        if (list.rows[i] >= list.limit || (ascending && i != 0 && list.rows[i] <= list.rows[i - 1]))
            return false;
    return true;
}

bool lists_fit(const AttentionJob& job, uint32_t bus) {
    if (!job.query_list.given() && !job.key_list.given()) return true;
    const uint32_t allowed = job.key_list.given() ? 0u : uint32_t{spec::kMaskCausal};
    if ((job.mask.flags & ~allowed) != 0 || job.q_position != 0 || job.k_position != 0)
        return false;
    if (job.documents != nullptr || job.stacked || job.sentinel.form != SentinelForm::kNone)
        return false;
    return rows_fit(job.query_list, job.nq, true, bus) &&
           rows_fit(job.key_list, job.nk, false, bus);
}

bool pages_fit(const AttentionJob& job) {
    const PageTable& table = job.pages;
    if (!table.given()) return true;
    if (table.rows == 0 || job.key_list.given() || (job.mask.flags & spec::kMaskSummary) != 0 ||
        !positions_fit(table.first, job.nk))
        return false;
    const uint32_t end = tiles_of(table.first + job.nk, table.rows);
    for (uint32_t i = table.first / table.rows; i < end; ++i)
        if ((uint64_t{table.pages[i]} + 1) * table.rows > spec::kPositionLimit) return false;
    return true;
}

}  // namespace

JobRule check_job(const AttentionJob& job, const spec::DeviceParams& device) {
    if (job.query_heads == 0 || job.kv_heads == 0 || job.nq == 0 || job.nk == 0 || job.d_k == 0 ||
        job.d_v == 0)
        return JobRule::kEmpty;
    if (job.query_heads % job.kv_heads != 0) return JobRule::kHeads;
    if (static_cast<uint32_t>(job.schedule) >= schedule_count() ||
        schedule_type(job.schedule).listed != (job.order != nullptr))
        return JobRule::kSchedule;
    if (job.share > job.peers || job.peers > kMaxPeers ||
        (job.peers != 0 && schedule_type(job.schedule).open_tiles == 0))
        return JobRule::kShares;
    if (job.d_k > device.d || job.d_v > device.d) return JobRule::kDimension;
    const uint64_t heads = job.stacked ? job.query_heads / job.kv_heads : 1;
    if (!positions_fit(job.q_position, job.nq) || !positions_fit(job.k_position, job.nk) ||
        !positions_fit(0, heads * job.nq))
        return JobRule::kPositions;
    if (!mask_fits(job, device.m)) return JobRule::kMask;
    if (!documents_fit(job, device.m)) return JobRule::kDocuments;
    if (!sentinel_fits(job, device)) return JobRule::kSentinel;
    if (!lists_fit(job, device.bus_bytes)) return JobRule::kRowList;
    if (!pages_fit(job)) return JobRule::kPages;
    if (!order_fits(job, device.m)) return JobRule::kSchedule;
    const Planner planner(job, device.m);
    const bool partials = has_partials(job, device, planner);
    if (!all_placed(job, partials || planner.states_travel(), partials, device))
        return JobRule::kAlignment;
    if ((planner.merges() || job.want_lse || job.sink_logits) &&
        device.profile == spec::Profile::kBlackbox && job.sentinel.form == SentinelForm::kNone)
        return JobRule::kProfile;
    return JobRule::kNone;
}

}  // namespace tessera::fw
