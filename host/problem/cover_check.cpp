// SPDX-License-Identifier: MIT
#include "host/problem/cover_check.h"

#include <fmt/format.h>

#include <string>

#include "host/cover/cover.h"
#include "host/error.h"

namespace tessera::host {
namespace {

const char* kind_name(CoverKind kind) {
    for (const CoverKindInfo& info : cover_kinds())
        if (info.kind == kind) return info.name;
    return "unknown";
}

}  // namespace

void check_cover(const Problem& p, uint32_t m, uint32_t devices) {
    if (!p.cover) return;
    const auto refuse = [](const char* what, const std::string& allowed) {
        throw bad_field("schedule.oracle", std::string("self, ") + what, allowed);
    };
    if (p.nq != p.nk) refuse("with unequal lengths", "as many queries as keys");
    if ((p.mask.terms() & ~uint32_t{spec::kMaskCausal}) != 0 || !p.mask.documents.empty() ||
        p.mask.tiles.given())
        refuse("with other mask terms",
               "`workload.mask.kind=dense` or `workload.mask.kind=causal` alone");
    if (p.ragged())
        refuse("with lengths of sequences",
               "without `workload.batch.key_lengths`, `workload.batch.query_lengths` and "
               "`workload.batch.query_offsets`");
    if (p.sink_logits)
        refuse("with `workload.sink_logits`",
               "none: the first calls of a cover begin with empty states");
    if (p.stacked) refuse("with `schedule.stack_heads`", "none: a row of a cover is a token");
    if (devices > p.query_heads)
        throw bad_field(
            "machine.devices", std::to_string(devices),
            fmt::format("1 to {} with `schedule.oracle=self`, which gives each device whole heads",
                        p.query_heads));
    if (!plan_cover(p.nq, m, *p.cover))
        throw bad_field("schedule.cover", kind_name(*p.cover),
                        fmt::format("a kind that covers {} tokens in at most {} calls of {} "
                                    "tokens; half covers the most tokens",
                                    p.nq, kMaxLines, m));
}

}  // namespace tessera::host
