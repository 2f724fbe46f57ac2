// SPDX-License-Identifier: MIT
#include "host/sweep/objective.h"

#include <fmt/format.h>

#include "host/error.h"

namespace tessera::host {
namespace {

constexpr std::string_view kMost = "max:";

bool ends_with(const std::string& path, const std::string& end) {
    return path.size() >= end.size() &&
           path.compare(path.size() - end.size(), end.size(), end) == 0;
}

std::string path_of(const std::string& name, const std::set<std::string>& figures) {
    for (const std::string& path : {name, "derived." + name})
        if (figures.count(path) != 0) return path;
    std::vector<std::string> found;
    for (const std::string& path : figures)
        if (ends_with(path, "." + name)) found.push_back(path);
    if (found.size() == 1) return found.front();
    throw bad_value("the sweep", "figure", printable(name),
                    found.empty() ? fmt::format("figures of this sweep, with max: before one of "
                                                "which more is better: {}",
                                                fmt::join(figures, ", "))
                                  : fmt::format("one of {}", fmt::join(found, ", ")));
}

}  // namespace

std::vector<Objective> objectives_of(const std::vector<std::string>& names,
                                     const std::set<std::string>& figures) {
    std::vector<Objective> objectives;
    std::set<std::string> paths;
    for (const std::string& name : names) {
        const bool most = name.rfind(kMost, 0) == 0;
        const std::string path = path_of(most ? name.substr(kMost.size()) : name, figures);
        if (!paths.insert(path).second)
            throw bad_value("the sweep", "figure", printable(name), "each figure once");
        objectives.push_back({path, most});
    }
    return objectives;
}

}  // namespace tessera::host
