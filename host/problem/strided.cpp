// SPDX-License-Identifier: MIT
#include "host/problem/strided.h"

#include <fmt/format.h>

#include "firmware/plan/schedule.h"
#include "host/error.h"

namespace tessera::host {
namespace {

constexpr uint32_t kWindow = spec::kMaskCausal | spec::kMaskWindow;

}  // namespace

fw::ScheduleId strided_schedule() {
    uint32_t id = 0;
    while (!fw::schedule_type(static_cast<fw::ScheduleId>(id)).strided) ++id;
    return static_cast<fw::ScheduleId>(id);
}

uint32_t strided_rows(const Problem& p, uint32_t m) {
    if ((p.mask.terms() & ~uint32_t{spec::kMaskSink}) != kWindow || !p.mask.documents.empty() ||
        p.mask.tiles.given() || p.stacked)
        return 0;
    const int64_t rows =
        int64_t{p.tile_keys(m)} - int64_t{p.mask.window} + 1 - int64_t{p.mask.sinks};
    return rows < 2 ? 0 : static_cast<uint32_t>(rows);
}

void check_strided(const Problem& p, uint32_t m) {
    if (!p.strided() || strided_rows(p, m) != 0) return;
    throw bad_field(
        "schedule.name",
        fmt::format("{} with mask {}{}", schedule_name(p.schedule), p.mask.text(),
                    p.stacked ? " and `schedule.stack_heads`" : ""),
        fmt::format("with `workload.mask.kind=causal`, `workload.mask.window` and perhaps "
                    "`workload.mask.sinks` alone, together at most {}: {} keys of a tile, less 1",
                    p.tile_keys(m) - 1, p.tile_keys(m)));
}

}  // namespace tessera::host
