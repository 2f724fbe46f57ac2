// SPDX-License-Identifier: MIT
#include "host/sweep/merge.h"

#include <fmt/format.h>

#include <filesystem>
#include <unordered_map>

#include "host/error.h"
#include "host/text.h"

namespace tessera::host {
namespace {

/// What is wrong with points: how many, and one of them.
struct Finding {
    uint64_t count = 0;
    std::string first = {};

    void add(const std::string& which) {
        if (++count == 1) first = which;
    }
};

/// "3 records missing, the first x".
void say(std::string& text, const Finding& finding, const char* what) {
    if (finding.count == 0) return;
    text += fmt::format("{}{} {}, the first {}", text.empty() ? "" : "; ",
                        plural(finding.count, "record"), what, finding.first);
}

}  // namespace

Grid common_grid(const std::vector<std::string>& folders) {
    const auto file = [](const std::string& folder) {
        return (std::filesystem::path(folder) / SweepStore::kGrid).string();
    };
    Grid grid = Grid::of_file(file(folders.front()));
    for (const std::string& folder : folders)
        if (Grid::of_file(file(folder)).text() != grid.text())
            throw UserError(file(folder) + ": is another grid than " + file(folders.front()) +
                            "; allowed: folders of shards of one sweep");
    return grid;
}

Merge::Merge(const std::vector<std::string>& folders, const PointList& points) {
    Finding missing, twice, strange, foreign;
    std::unordered_map<std::string, uint64_t> wanted;  // equal experiments have the same hash
    for (const std::string& hash : points.hashes) ++wanted[hash];
    for (const std::string& folder : folders) {
        const SweepStore& store = stores_.emplace_back(folder, LineFile::Access::kRead);
        for (const auto& [version, count] : store.foreign()) {
            foreign.add("in " + folder + " of version " + printable(version));
            foreign.count += count - 1;
        }
        for (const std::string& hash : store.hashes()) {
            const auto left = wanted.find(hash);
            const auto place = places_.try_emplace(hash, &store).first;
            if (left == wanted.end())
                strange.add(printable(store.name(hash)) + " in " + folder);
            else if (left->second-- == 0)
                twice.add(printable(store.name(hash)) + " in " + place->second->folder() + " and " +
                          folder);
        }
    }
    for (size_t i = 0; i < points.size(); ++i)
        if (places_.count(points.hashes[i]) == 0) missing.add(points.point(i).name);
    std::string text;
    say(text, missing, "missing");
    say(text, twice, "in two folders");
    say(text, strange, "of points that are not in the grid");
    say(text, foreign, "by another version of the program");
    if (!text.empty())
        throw UserError("cannot merge: " + text +
                        "; allowed: each point of the grid once, by this version");
}

nlohmann::json Merge::outcome(const std::string& hash) const {
    return places_.at(hash)->outcome(hash);
}

std::set<FigureDefinition> Merge::definitions() const {
    std::set<FigureDefinition> all;
    for (const SweepStore& store : stores_)
        all.insert(store.definitions().begin(), store.definitions().end());
    return all;
}

}  // namespace tessera::host
