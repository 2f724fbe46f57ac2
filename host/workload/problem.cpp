// SPDX-License-Identifier: MIT
#include "host/workload/problem.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "firmware/schedule.h"
#include "host/error.h"

namespace tessera::host {
namespace {

constexpr double kLog2E = 1.4426950408889634074;

void check_dimension(const char* name, const char* tensors, uint32_t value,
                     const hw::PlatformConfig& config, const std::string& device) {
    if (value <= config.params.d) return;
    throw UserError(fmt::format("{}: {} is {}; device {} allows at most D = {}", tensors, name,
                                value, device, config.params.d));
}

}  // namespace

uint32_t Problem::factor() const {
    const float value = static_cast<float>(scale * kLog2E);
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

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
    check_mask(p, config.params.m);
    const float factor = static_cast<float>(p.scale * kLog2E);
    if (!std::isfinite(factor))
        throw UserError(
            fmt::format("--scale is {}; scale * log2(e) must be finite in fp32", p.scale));
}

}  // namespace tessera::host
