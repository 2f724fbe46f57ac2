// SPDX-License-Identifier: MIT
#include "host/problem/sentinel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "firmware/merge/sentinel.h"
#include "host/error.h"
#include "host/float_bits.h"
#include "host/problem/problem.h"
#include "spec/float.h"

namespace tessera::host {
namespace {

using fw::SentinelForm;

[[noreturn]] void refuse(const char* field, const std::string& value, const std::string& allowed) {
    throw bad_field(field, value, allowed);
}

void check_columns(const Problem& p, SentinelForm form, const spec::DeviceParams& params) {
    const uint32_t columns = fw::indicator_columns(form);
    if (form == SentinelForm::kColumns && p.d_v + columns > params.d)
        refuse("schedule.sentinel", sentinel_name(form),
               fmt::format("split or two-call: d_v + {} = {} value columns are more than D = {}",
                           columns, p.d_v + columns, params.d));
    if (columns > params.d)
        refuse("schedule.sentinel", sentinel_name(form),
               fmt::format("no such form: its {} indicator columns are more than D = {}", columns,
                           params.d));
}

}  // namespace

const char* sentinel_name(SentinelForm form) {
    switch (form) {
        case SentinelForm::kColumns: return "columns";
        case SentinelForm::kSplit: return "split";
        case SentinelForm::kTwoCalls: return "two-call";
        default: return "none";
    }
}

int32_t default_offset(SentinelForm form) { return -fw::middle_ratio(form); }

SentinelChoice choose_sentinel(const Problem& p, const SentinelWish& wish,
                               const spec::DeviceParams& params) {
    if (params.profile != spec::Profile::kBlackbox) {
        const char* allowed =
            "only with a device of profile blackbox; others return their denominators";
        if (wish.form) refuse("schedule.sentinel", sentinel_name(*wish.form), allowed);
        if (wish.offset) refuse("schedule.sentinel_offset", std::to_string(*wish.offset), allowed);
        return {};
    }
    // A gathered tile of summaries is one more key tile.
    const bool one_key_tile = p.strided() || (p.most_keys() <= params.m && p.mask.summary == 0);
    if (!wish.form && one_key_tile && !p.want_lse && !p.sink_logits) {
        if (wish.offset)
            refuse("schedule.sentinel_offset", std::to_string(*wish.offset),
                   "only where there is a sentinel: with `schedule.sentinel`, `workload.lse`, "
                   "`workload.sink_logits` or more "
                   "than one key tile");
        return {};
    }
    if (params.m < 2)
        throw UserError("device: profile blackbox with M = 1 has no room for a sentinel");
    if (p.mask.tiles.given())
        throw UserError(
            fmt::format("`workload.mask.tile_flags`: flags are for {} x {} tokens, but tiles of a "
                        "device of profile blackbox "
                        "have {} keys and a sentinel; use profile stats or stateful",
                        params.m, params.m, params.m - 1));
    SentinelChoice choice;
    const bool fits = p.d_v + fw::indicator_columns(SentinelForm::kColumns) <= params.d;
    choice.form = wish.form.value_or(fits ? SentinelForm::kColumns : SentinelForm::kSplit);
    check_columns(p, choice.form, params);
    choice.query_column = p.d_k + 1 <= params.d;
    if (wish.offset && !choice.query_column)
        refuse("schedule.sentinel_offset", std::to_string(*wish.offset),
               fmt::format("only with d_k + 1 = {} at most D = {}; without that column the "
                           "sentinel is the zero key",
                           p.d_k + 1, params.d));
    choice.offset = wish.offset.value_or(default_offset(choice.form));
    return choice;
}

uint16_t sentinel_key(uint32_t factor) {
    const double x = 1 / static_cast<double>(float_of(factor));
    // Levels are below 2^15: no product may overflow. A factor of 0 makes all scores 0, this too.
    constexpr double kMax = 0x1p111, kMin = 0x1p-126;
    const double magnitude = std::clamp(std::fabs(x), kMin, kMax);
    return bf16_of(std::copysign(magnitude, x));
}

}  // namespace tessera::host
