// SPDX-License-Identifier: MIT
#include "host/sweep/sweep_page.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <vector>

#include "host/error.h"
#include "host/io/json_text.h"
#include "host/io/mapped_file.h"
#include "host/sweep/objective.h"
#include "host/sweep/results.h"
#include "host/sweep/store.h"

namespace tessera::host {
namespace {

using Json = nlohmann::json;

std::string last_part(const std::string& path) { return path.substr(path.rfind('.') + 1); }

/// Paths of the figures of `sweep` that count, then others that a reader wants beside them.
std::vector<std::string> shown_figures(const Json& sweep) {
    std::set<std::string> known;
    for (const Json& figure : sweep.at("figures")) known.insert(figure.at("path"));
    std::vector<std::string> paths;
    for (const Objective& objective : objectives_of(sweep.at("pareto").at("figures"), known))
        paths.push_back(objective.path);
    for (const char* path : {"derived.cycles", "derived.bytes", "derived.calls",
                             "derived.mac_utilisation", "derived.useful_utilisation"})
        if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.emplace_back(path);
    return paths;
}

Json row_of(const Json& record, const std::vector<std::string>& paths) {
    Json row = {{"point", record.at("point")},
                {"state", record.at("state")},
                {"fields", record.at("fields")},
                {"figures", Json::object()}};
    if (!record.contains("figures")) return row;
    const Json& figures = record.at("figures");
    for (const std::string& path : paths)
        if (figures.contains(path)) row["figures"][last_part(path)] = figures.at(path);
    return row;
}

}  // namespace

bool is_swept(const std::string& folder) {
    std::error_code error;
    return std::filesystem::is_regular_file(file_in(folder, kSweepReport), error);
}

std::string swept_json(const std::string& folder) {
    const MappedFile file(file_in(folder, kSweepReport));
    try {
        Json sweep = parse_json(file.path(), file.text());
        const std::vector<std::string> paths = shown_figures(sweep);
        Json rows = Json::array();
        const std::string points = file_in(folder, SweepStore::kPoints);
        LineFile(points, LineFile::Access::kRead, [&](std::string_view line, uint64_t) {
            rows.push_back(row_of(parse_json(points, line), paths));
        });
        sweep["rows"] = std::move(rows);
        return sweep.dump();
    } catch (const Json::exception&) {
        throw UserError(folder + ": " + kSweepReport + " and " + SweepStore::kPoints +
                        " are not those of a sweep; run tessera sweep on this folder again");
    }
}

}  // namespace tessera::host
