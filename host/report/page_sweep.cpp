// SPDX-License-Identifier: MIT
#include "host/report/page_sweep.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "host/error.h"
#include "host/io/json_text.h"
#include "host/io/mapped_file.h"

namespace tessera::host {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* kSweep = "sweep.json";
constexpr const char* kPoints = "points.jsonl";

std::string file_in(const std::string& folder, const char* name) {
    return (fs::path(folder) / name).string();
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('.') + 1); }

/// Paths of the figures of `sweep` that count, then others that a reader wants beside them.
std::vector<std::string> shown_figures(const Json& sweep) {
    std::vector<std::string> paths;
    for (const Json& name : sweep.at("pareto").at("figures")) {
        std::string path = name.get<std::string>();
        if (path.rfind("max:", 0) == 0) path.erase(0, 4);
        paths.push_back(std::move(path));
    }
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
    return fs::is_regular_file(file_in(folder, kSweep), error);
}

std::string swept_json(const std::string& folder) {
    const std::string sweep_path = file_in(folder, kSweep), points_path = file_in(folder, kPoints);
    const MappedFile sweep_file(sweep_path), points(points_path);
    try {
        Json sweep = parse_json(sweep_path, sweep_file.text());
        const std::vector<std::string> paths = shown_figures(sweep);
        Json rows = Json::array();
        std::string_view rest = points.text();
        while (!rest.empty()) {
            const std::string_view line = rest.substr(0, rest.find('\n'));
            rest.remove_prefix(std::min(line.size() + 1, rest.size()));
            if (!line.empty()) rows.push_back(row_of(parse_json(points_path, line), paths));
        }
        sweep["rows"] = std::move(rows);
        return sweep.dump();
    } catch (const Json::exception&) {
        throw UserError(folder + ": " + kSweep + " and " + kPoints +
                        " are not those of a sweep; run tessera sweep on this folder again");
    }
}

}  // namespace tessera::host
