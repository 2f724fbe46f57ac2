// SPDX-License-Identifier: MIT
#include "host/sweep/sweep.h"

#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "host/error.h"
#include "host/sweep/simulated_point.h"

namespace tessera::host {

using Json = nlohmann::json;

std::vector<size_t> missing(const PointList& points, const SweepStore& store) {
    std::vector<size_t> all;
    for (size_t i = 0; i < points.size(); ++i)
        if (!store.has(points.hashes[i])) all.push_back(i);
    return all;
}

void sweep(const PointList& points, const Executor& executor, SweepStore& store,
           const std::function<void(size_t ended)>& progress) {
    const std::vector<size_t> wanted = missing(points, store);
    std::vector<PointWork> work;
    std::vector<size_t> index;  // of each among all
    std::unordered_set<std::string> hashes;
    for (const size_t i : wanted) {
        if (!hashes.insert(points.hashes[i]).second) continue;
        index.push_back(i);
        work.emplace_back([&points, i] { return simulated_point(points.point(i).experiment); });
    }
    size_t ended = points.size() - wanted.size();
    executor(work, [&](size_t w, const Outcome& outcome) {
        const size_t i = index[w];
        const Json simulated = outcome.error ? Json{{"outcome", error_outcome(*outcome.error)},
                                                    {"definitions", Json::array()}}
                                             : Json::parse(outcome.result);
        store.add(
            points.hashes[i],
            record_line(points.grid, points.point(i), points.hashes[i], simulated.at("outcome")),
            simulated.at("definitions"));
        if (progress) progress(++ended);
    });
}

void refuse_strangers(const PointList& points, const SweepStore& store) {
    const std::unordered_set<std::string> known(points.hashes.begin(), points.hashes.end());
    uint64_t strangers = 0;
    std::string first;
    for (const std::string& hash : store.hashes())
        if (known.count(hash) == 0 && ++strangers == 1) first = store.name(hash);
    if (strangers == 0) return;
    throw UserError(store.folder() + ": has " + std::to_string(strangers) +
                    " records of points that are not asked for, such as " + printable(first) +
                    "; allowed: a folder of this grid and shard, or of a part of it, or a new one");
}

}  // namespace tessera::host
