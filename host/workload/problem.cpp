// SPDX-License-Identifier: MIT
#include "host/workload/problem.h"

#include <fmt/format.h>

#include <cmath>

#include "firmware/schedule.h"
#include "host/error.h"
#include "host/float_bits.h"
#include "host/workload/cover_layout.h"

namespace tessera::host {
namespace {

constexpr double kLog2E = 1.4426950408889634074;

/// Lengths of a batch: one for each sequence, none longer than what the tensor holds.
void check_lengths(const char* option, const std::vector<uint32_t>& lengths, uint32_t tokens,
                   const char* what, uint32_t batch) {
    if (lengths.empty()) return;
    if (lengths.size() != batch)
        throw bad_value("command line", option, fmt::format("a list of {}", lengths.size()),
                        fmt::format("{}, one for each sequence of the batch", batch));
    for (size_t i = 0; i < lengths.size(); ++i)
        if (lengths[i] == 0 || lengths[i] > tokens)
            throw bad_value("command line", option,
                            fmt::format("{} at place {}", lengths[i], i + 1),
                            fmt::format("1 to {}, the number of {}", tokens, what));
}

void check_batch(const Problem& p) {
    check_lengths("--query-lengths", p.query_lengths, p.nq, "queries", p.batch);
    check_lengths("--key-lengths", p.key_lengths, p.nk, "keys", p.batch);
    if (!p.ragged()) return;
    const char* option = p.key_lengths.empty() ? "--query-lengths" : "--key-lengths";
    if (!p.mask.documents.empty())
        throw bad_value("command line", option, "given with --segments",
                        "either; documents packed into one sequence have no batch");
    if (p.mask.tiles.given())
        throw bad_value("command line", option, "given with --tile-mask",
                        "either; the flags are of whole tensors");
}

void check_dimension(const char* name, const char* tensors, uint32_t value,
                     const hw::PlatformConfig& config, const std::string& device) {
    if (value <= config.params.d) return;
    throw UserError(fmt::format("{}: {} is {}; device {} allows at most D = {}", tensors, name,
                                value, device, config.params.d));
}

}  // namespace

std::vector<Problem> Problem::sequences() const {
    if (!ragged()) return {*this};
    Problem one = *this;
    one.leading.clear();
    one.query_heads /= batch;
    one.kv_heads /= batch;
    one.batch = 1;
    one.query_lengths.clear();
    one.key_lengths.clear();
    std::vector<Problem> all(batch, one);
    for (uint32_t s = 0; s < batch; ++s) {
        all[s].nq = queries_of(s);
        all[s].nk = keys_of(s);
    }
    return all;
}

std::vector<uint64_t> Problem::row_shape() const {
    std::vector<uint64_t> shape = leading;
    const bool before_heads = head_order == HeadOrder::kTokensFirst && !shape.empty();
    shape.insert(shape.end() - (before_heads ? 1 : 0), nq);
    return shape;
}

uint64_t Problem::place_of_row(uint64_t head, uint64_t row) const {
    if (head_order == HeadOrder::kHeadsFirst || leading.empty()) return head * nq + row;
    const uint64_t heads = leading.back();
    return (head / heads * nq + row) * heads + head % heads;
}

uint64_t Problem::query_rows() const {
    uint64_t rows = 0;
    for (uint32_t s = 0; s < batch; ++s) rows += uint64_t{query_heads / batch} * queries_of(s);
    return rows;
}

bool Problem::stackable() const {
    if (mask.tiles.given()) return false;
    bool single = true;
    for (uint32_t s = 0; s < batch; ++s) single = single && queries_of(s) == 1;
    return mask.summary == 0 || single;
}

uint32_t Problem::factor() const { return bits_of(static_cast<float>(scale * kLog2E)); }

const char* schedule_name(fw::LoopOrder order) { return fw::schedule_type(order).name; }

const char* align_name(Align align) { return align == Align::kEnd ? "end" : "start"; }

const std::vector<ScheduleInfo>& schedules() {
    static const std::vector<ScheduleInfo> kSchedules = [] {
        std::vector<ScheduleInfo> all;
        for (uint32_t i = 0; i < fw::schedule_count(); ++i) {
            const auto order = static_cast<fw::LoopOrder>(i);
            const fw::ScheduleType& type = fw::schedule_type(order);
            all.push_back({type.name, order, type.does, type.open_tiles != 0});
        }
        return all;
    }();
    return kSchedules;
}

double default_scale(uint32_t d_k) { return 1.0 / std::sqrt(static_cast<double>(d_k)); }

void check_problem(const Problem& p, const hw::PlatformConfig& config, const std::string& device) {
    if (p.query_heads == 0 || p.kv_heads == 0 || p.nq == 0 || p.nk == 0 || p.d_k == 0 || p.d_v == 0)
        throw UserError("q, k, v: every dimension must be at least 1");
    if (p.query_heads % p.kv_heads != 0)
        throw UserError(
            fmt::format("q has {} heads and k has {}; q's heads must be a multiple of k's",
                        p.query_heads, p.kv_heads));
    check_dimension("d_k", "q, k", p.d_k, config, device);
    check_dimension("d_v", "v", p.d_v, config, device);
    if (uint64_t{p.nq} + p.nk > spec::kPositionLimit)
        throw UserError(fmt::format("q has {} and k has {} tokens; together at most {} are allowed",
                                    p.nq, p.nk, spec::kPositionLimit));
    if (p.stacked && uint64_t{p.group()} * p.nq >= spec::kPositionLimit)
        throw bad_value("command line", "--stack-heads",
                        fmt::format("given for {} heads of {} queries a group", p.group(), p.nq),
                        "below 2^31 rows together");
    check_batch(p);
    check_mask(p, config.params.m);
    check_cover(p, config.params.m, config.devices);
    const float factor = static_cast<float>(p.scale * kLog2E);
    if (!std::isfinite(factor))
        throw UserError(
            fmt::format("--scale is {}; scale * log2(e) must be finite in fp32", p.scale));
}

}  // namespace tessera::host
