// SPDX-License-Identifier: MIT
#include "host/workload/cover_layout.h"

#include <fmt/format.h>

#include <utility>

#include "host/error.h"

namespace tessera::host {
namespace {

const char* kind_name(CoverKind kind) {
    for (const CoverKindInfo& info : cover_kinds())
        if (info.kind == kind) return info.name;
    return "unknown";
}

/// Marks for every group the last line that it is on.
void mark_last_visits(CoverArrays& arrays) {
    std::vector<bool> seen(arrays.cover.groups, false);
    for (size_t i = arrays.groups.size(); i-- != 0;) {
        const uint32_t group = arrays.groups[i];
        if (!seen[group]) arrays.groups[i] |= fw::kLastVisit;
        seen[group] = true;
    }
}

}  // namespace

void check_cover(const Problem& p, uint32_t m, uint32_t devices) {
    if (!p.cover) return;
    const auto refuse = [](const char* what, const std::string& allowed) {
        throw bad_value("command line", "--oracle", std::string("self, ") + what, allowed);
    };
    if (p.nq != p.nk) refuse("with unequal lengths", "as many queries as keys");
    if (p.mask.local() || p.mask.prefix != 0 || !p.mask.documents.empty() || p.mask.tiles.given())
        refuse("with a mask of terms", "--mask dense or --mask causal, without other terms");
    if (p.ragged())
        refuse("with lengths of sequences",
               "without --key-lengths, --query-lengths and --cu-seqlens-q");
    if (p.sink_logits)
        refuse("with --sink-logits", "without it: a cover's first calls begin with empty states");
    if (p.stacked) refuse("with --stack-heads", "without it: a row is a token");
    if (devices > p.query_heads)
        throw bad_value(
            "command line", "--num-devices", std::to_string(devices),
            fmt::format("1 to {} with --oracle self, which deals whole heads", p.query_heads));
    if (!plan_cover(p.nq, m, *p.cover))
        throw bad_value("command line", "--cover", kind_name(*p.cover),
                        fmt::format("a kind that covers {} tokens by at most {} calls of {}; half "
                                    "takes the most tokens",
                                    p.nq, kMostLines, m));
}

std::shared_ptr<const CoverArrays> cover_arrays(Cover cover) {
    auto arrays = std::make_shared<CoverArrays>();
    arrays->cover = std::move(cover);
    for (const auto& lines : arrays->cover.classes) {
        for (const Line& line : lines) {
            arrays->lines.push_back({static_cast<uint32_t>(arrays->groups.size()),
                                     static_cast<uint32_t>(line.points.size()), line.apart});
            arrays->groups.insert(arrays->groups.end(), line.points.begin(), line.points.end());
        }
        arrays->class_ends.push_back(static_cast<uint32_t>(arrays->lines.size()));
    }
    mark_last_visits(*arrays);
    return arrays;
}

uint32_t most_calls(const Layout& layout) {
    return layout.cover ? static_cast<uint32_t>(layout.cover->class_ends.size()) : 0;
}

fw::CoverJob cover_job(const Layout& layout) {
    fw::CoverJob job;
    job.attention = layout.job;
    job.group_tokens = layout.cover->cover.group_tokens;
    job.groups = layout.cover->groups.data();
    job.lines = layout.cover->lines.data();
    job.class_ends = layout.cover->class_ends.data();
    job.class_count = static_cast<uint32_t>(layout.cover->class_ends.size());
    job.index_list = layout.cover_list;
    return job;
}

}  // namespace tessera::host
