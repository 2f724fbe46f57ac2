// SPDX-License-Identifier: MIT
#include "host/problem/problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "firmware/plan/schedule.h"
#include "host/error.h"
#include "host/float_bits.h"
#include "host/problem/cover_check.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

constexpr double kLog2E = 1.4426950408889634074;

/// Lengths of a batch: one for each sequence, none longer than what the tensor holds.
void check_lengths(const char* field, const std::vector<uint32_t>& lengths, uint32_t tokens,
                   const char* what, uint32_t batch) {
    if (lengths.empty()) return;
    if (lengths.size() != batch)
        throw bad_field(field, fmt::format("a list of {}", lengths.size()),
                        fmt::format("{}, one for each sequence of the batch", batch));
    for (size_t i = 0; i < lengths.size(); ++i)
        if (lengths[i] > tokens)
            throw bad_field(field, fmt::format("{} at place {}", lengths[i], i + 1),
                            fmt::format("0 to {}, the number of {}", tokens, what));
}

/// Offsets of packed sequences: 0, then the end of each.
void check_offsets(const char* field, const std::vector<uint32_t>& offsets, uint32_t tokens,
                   const char* what) {
    if (offsets.size() < 2)
        throw bad_field(field, fmt::format("a list of {}", offsets.size()),
                        "at least two numbers: 0, then the end of each sequence");
    for (size_t i = 0; i < offsets.size(); ++i) {
        const std::string value = fmt::format("{} at place {}", offsets[i], i + 1);
        if (i == 0 && offsets[i] != 0)
            throw bad_field(field, value, "0, where the first sequence begins");
        if (i != 0 && offsets[i] < offsets[i - 1])
            throw bad_field(field, value,
                            fmt::format("{} or more, as the offset before it", offsets[i - 1]));
        if (offsets[i] > tokens)
            throw bad_field(field, value,
                            fmt::format("at most {}, the number of {}", tokens, what));
    }
}

void check_packed(const Problem& p) {
    if (!p.packed()) return;
    check_offsets("workload.batch.query_offsets", p.query_offsets, p.nq, "queries");
    if (p.key_offsets.size() != p.query_offsets.size())
        throw bad_field("workload.batch.key_offsets",
                        fmt::format("a list of {}", p.key_offsets.size()),
                        fmt::format("{} numbers, as many as `workload.batch.query_offsets` has",
                                    p.query_offsets.size()));
    const bool same = p.key_offsets == p.query_offsets;  // perhaps because it was not given
    check_offsets(same ? "workload.batch.query_offsets" : "workload.batch.key_offsets",
                  p.key_offsets, p.nk, "keys");
}

/// The field that makes `p` a ragged batch, for messages.
const char* ragged_field(const Problem& p) {
    if (p.packed()) return "workload.batch.query_offsets";
    return p.key_lengths.empty() ? "workload.batch.query_lengths" : "workload.batch.key_lengths";
}

/// "`workload.batch.key_lengths` leaves", of every list that says how long the sequences are.
std::string who_leaves(const Problem& p) {
    if (p.packed() && p.key_offsets != p.query_offsets)
        return "`workload.batch.query_offsets` and `workload.batch.key_offsets` leave";
    if (!p.query_lengths.empty() && !p.key_lengths.empty())
        return "`workload.batch.query_lengths` and `workload.batch.key_lengths` leave";
    return fmt::format("`{}` leaves", ragged_field(p));
}

}  // namespace

uint32_t Problem::sequence_count() const {
    const size_t each = packed() ? query_offsets.size() - 1 : 1;
    return batch * static_cast<uint32_t>(each);
}

uint32_t Problem::queries_of(uint32_t sequence) const {
    if (packed()) {
        const size_t s = sequence % (query_offsets.size() - 1);
        return query_offsets[s + 1] - query_offsets[s];
    }
    return query_lengths.empty() ? nq : query_lengths[sequence];
}

uint32_t Problem::keys_of(uint32_t sequence) const {
    if (packed()) {
        const size_t s = sequence % (key_offsets.size() - 1);
        return key_offsets[s + 1] - key_offsets[s];
    }
    return key_lengths.empty() ? nk : key_lengths[sequence];
}

uint32_t Problem::most_keys() const {
    if (!packed()) return nk;
    uint32_t most = 0;
    for (uint32_t s = 0; s < sequence_count(); ++s) most = std::max(most, keys_of(s));
    return most;
}

std::vector<SequencePlace> Problem::every_place() const {
    if (!ragged()) return {};
    std::vector<SequencePlace> all;
    const uint32_t count = sequence_count(), each = count / batch;
    for (uint32_t s = 0; s < count; ++s) {
        const uint32_t entry = s / each;
        SequencePlace place;
        place.number = s;
        place.query_head = entry * (query_heads / batch);
        place.kv_head = entry * (kv_heads / batch);
        place.nq = queries_of(s);
        place.nk = keys_of(s);
        if (packed()) {
            place.first_query = query_offsets[s % each];
            place.first_key = key_offsets[s % each];
        } else if (padding == Padding::kLeft) {
            place.first_query = nq - place.nq;
            place.first_key = nk - place.nk;
        }
        all.push_back(place);
    }
    return all;
}

std::vector<SequencePlace> Problem::places() const {
    std::vector<SequencePlace> all;
    for (const SequencePlace& place : every_place())
        if (place.nq != 0 && place.nk != 0) all.push_back(place);
    return all;
}

std::vector<SequencePlace> Problem::keyless() const {
    std::vector<SequencePlace> all;
    for (const SequencePlace& place : every_place())
        if (place.nq != 0 && place.nk == 0) all.push_back(place);
    return all;
}

std::vector<Problem> Problem::sequences() const {
    if (!ragged()) return {*this};
    Problem one = *this;
    one.leading.clear();
    one.query_heads /= batch;
    one.kv_heads /= batch;
    one.batch = 1;
    for (auto* list : {&one.query_lengths, &one.key_lengths, &one.query_offsets, &one.key_offsets})
        list->clear();
    std::vector<Problem> all;
    for (const SequencePlace& place : places()) {
        all.push_back(one);
        all.back().nq = place.nq;
        all.back().nk = place.nk;
    }
    return all;
}

std::vector<Figure> Problem::shape() const {
    return {{"query_heads", value_of(query_heads)},
            {"kv_heads", value_of(kv_heads)},
            {"query_tokens", value_of(nq)},
            {"key_tokens", value_of(nk)},
            {"d_k", value_of(d_k)},
            {"d_v", value_of(d_v)}};
}

std::vector<uint64_t> Problem::row_shape() const {
    std::vector<uint64_t> shape = leading;
    const bool before_heads = head_order == HeadOrder::kTokensFirst && !shape.empty();
    shape.insert(shape.end() - (before_heads ? 1 : 0), nq);
    return shape;
}

std::vector<uint64_t> Problem::output_shape() const {
    std::vector<uint64_t> shape = row_shape();
    shape.push_back(d_v);
    return shape;
}

uint64_t Problem::place_of_row(uint64_t head, uint64_t row) const {
    if (head_order == HeadOrder::kHeadsFirst || leading.empty()) return head * nq + row;
    const uint64_t heads = leading.back();
    return (head / heads * nq + row) * heads + head % heads;
}

uint32_t Problem::k_position() const {
    const int64_t before = std::max<int64_t>(-diagonal(), 0);
    const int64_t block = std::max<int64_t>(mask.block, 1);
    return static_cast<uint32_t>(spec::round_up(before, block));
}

bool Problem::strided() const { return fw::schedule_type(schedule).strided; }

bool Problem::stackable() const {
    if (mask.tiles.given()) return false;
    bool single = true;
    for (uint32_t s = 0; s < sequence_count(); ++s) single = single && queries_of(s) <= 1;
    return mask.summary == 0 || single;
}

uint32_t Problem::factor() const { return bits_of(static_cast<float>(scale * kLog2E)); }

const char* schedule_name(fw::ScheduleId id) { return fw::schedule_type(id).name; }

const char* align_name(Align align) { return align == Align::kEnd ? "end" : "start"; }

const std::vector<ScheduleInfo>& schedules() {
    static const std::vector<ScheduleInfo> kSchedules = [] {
        std::vector<ScheduleInfo> all;
        for (uint32_t i = 0; i < fw::schedule_count(); ++i) {
            const auto id = static_cast<fw::ScheduleId>(i);
            const fw::ScheduleType& type = fw::schedule_type(id);
            all.push_back({type.name, id, type.does, type.open_tiles != 0, type.listed});
        }
        return all;
    }();
    return kSchedules;
}

double default_scale(uint32_t d_k) { return 1.0 / std::sqrt(static_cast<double>(d_k)); }

void check_sequences(const Problem& p) {
    check_lengths("workload.batch.query_lengths", p.query_lengths, p.nq, "queries", p.batch);
    check_lengths("workload.batch.key_lengths", p.key_lengths, p.nk, "keys", p.batch);
    check_packed(p);
    if (!p.ragged()) return;
    const char* field = ragged_field(p);
    if (!p.mask.documents.empty())
        throw UserError(fmt::format(
            "`experiment`: `{}` is given with `workload.mask.documents`; {}; give one of them",
            field,
            p.packed() ? "both cut the tokens into sequences"
                       : "documents packed into one sequence have no batch"));
    if (p.mask.tiles.given())
        throw bad_field(field, "given with `workload.mask.tile_flags`",
                        "either; the flags are of whole tensors");
    if (p.places().empty())
        throw UserError(fmt::format(
            "`experiment`: {} no sequence with both a query and a key; at least one is needed",
            who_leaves(p)));
}

void check_problem(const Problem& p, const hw::PlatformConfig& config, const std::string& device,
                   const ShapeFields& fields) {
    if (p.query_heads == 0 || p.kv_heads == 0 || p.nq == 0 || p.nk == 0 || p.d_k == 0 || p.d_v == 0)
        throw UserError("q, k, v: every dimension must be at least 1");
    check_shapes(p, fields, config.params.d, device);
    if (p.stacked && uint64_t{p.group()} * p.nq >= spec::kPositionLimit)
        throw bad_field(
            "schedule.stack_heads",
            fmt::format("given for head groups of {} heads with {} queries each", p.group(), p.nq),
            "below 2^31 rows together");
    check_sequences(p);
    check_mask(p, config.params.m);
    check_cover(p, config.params.m, config.devices);
    const float factor = static_cast<float>(p.scale * kLog2E);
    if (!std::isfinite(factor))
        throw UserError(
            fmt::format("`workload.scale` is {}; scale * log2(e) must be finite in fp32", p.scale));
}

}  // namespace tessera::host
