// SPDX-License-Identifier: MIT
#include "host/operation/cover_layout.h"

#include <utility>

#include "firmware/plan/schedule.h"

namespace tessera::host {
namespace {

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
    if (fw::schedule_type(layout.job.schedule).strided) return 1;
    // As many key tiles forwards as backwards, and the own one.
    if (layout.job.row_causal) return layout.row_causal_calls;
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
