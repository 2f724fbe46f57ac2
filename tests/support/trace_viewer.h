// SPDX-License-Identifier: MIT
// What a viewer makes of the slices of a trace.json: Perfetto's import rounds start and length of
// every slice to whole nanoseconds and drops a slice that begins within another slice of its track
// and ends behind it.
#pragma once
#include <cmath>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace tessera::test {

struct ViewedSlice {
    int64_t start_ns, end_ns;
    nlohmann::json args;
};

struct ViewedTrace {
    std::vector<ViewedSlice> kept;
    std::vector<nlohmann::json> dropped;
};

inline int64_t viewer_ns(const nlohmann::json& us) {
    return std::llround(us.get<double>() * 1000.0);
}

inline ViewedTrace view(const nlohmann::json& trace) {
    // Slices of a track in the order of their starts; of one start, in that of the file.
    std::map<std::pair<int, int>, std::multimap<int64_t, const nlohmann::json*>> tracks;
    for (const auto& event : trace["traceEvents"])
        if (event["ph"] == "X")
            tracks[{event["pid"], event["tid"]}].emplace(viewer_ns(event["ts"]), &event);
    ViewedTrace viewed;
    for (const auto& [track, slices] : tracks) {
        std::vector<int64_t> open;  // ends, the innermost last
        for (const auto& [start, event] : slices) {
            const int64_t end = start + viewer_ns((*event)["dur"]);
            while (!open.empty() && open.back() <= start) open.pop_back();
            if (!open.empty() && end > open.back()) {
                viewed.dropped.push_back(*event);
                continue;
            }
            open.push_back(end);
            viewed.kept.push_back({start, end, (*event)["args"]});
        }
    }
    return viewed;
}

}  // namespace tessera::test
