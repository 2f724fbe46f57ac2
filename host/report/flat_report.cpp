// SPDX-License-Identifier: MIT
#include "host/report/flat_report.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <vector>

#include "host/error.h"
#include "host/io/json_text.h"

namespace tessera::host {
namespace {

using Json = nlohmann::json;
using Values = FlatReport::Values;

/// Members of a report that say what was asked for.
constexpr const char* kConfiguration[] = {"tool",         "experiment", "problem", "configuration",
                                          "energy_model", "model",      "service"};
/// Those that differ each time, or follow from others.
constexpr const char* kLeftOut[] = {"schema",      "schema_version", "command_line",
                                    "files",       "host",           "tiles",
                                    "definitions", "formulas",       "report.html"};
constexpr const char* kLeftOutOfConfiguration[] = {"changed", "memory_map"};
constexpr const char* kLeftOutOfError[] = {"worst"};  // a place: it has no size
constexpr const char* kLeftOutOfOutputs[] = {"folder", "wave"};
/// What tells rows of a table from each other.
constexpr const char* kRowNames[] = {"name",   "mask",   "heads",  "profile", "schedule",
                                     "policy", "tokens", "phase",  "graph",   "layer",
                                     "kind",   "device", "stream", "channel"};

template <typename Names>
bool is_one_of(const std::string& name, const Names& names) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

/// "causal separate stateful paired" of a row; empty if nothing names it.
std::string row_name(const Json& row) {
    std::string name;
    for (const char* key : kRowNames) {
        const auto part = row.find(key);
        if (part == row.end() || !(part->is_string() || part->is_number_integer())) continue;
        name += (name.empty() ? "" : " ") +
                (part->is_string() ? part->get<std::string>() : part->dump());
    }
    return name;
}

/// A name for each row: what the rows are called, if that tells them apart, else their numbers.
std::vector<std::string> row_names(const Json& rows) {
    std::vector<std::string> names;
    for (const Json& row : rows) names.push_back(row_name(row));
    const std::set<std::string> different(names.begin(), names.end());
    if (different.size() == names.size() && different.count("") == 0) return names;
    for (size_t i = 0; i < names.size(); ++i) names[i] = std::to_string(i);
    return names;
}

bool is_table(const Json& json) {
    return json.is_array() && !json.empty() &&
           std::all_of(json.begin(), json.end(), [](const Json& row) { return row.is_object(); });
}

void flatten(const std::string& path, const Json& json, Values& values) {
    if (json.is_object() && json.contains("value") && json.contains("unit")) {
        values[path] = json.at("value");
    } else if (json.is_object()) {
        for (const auto& [key, member] : json.items()) flatten(path + "." + key, member, values);
    } else if (is_table(json)) {
        const std::vector<std::string> names = row_names(json);
        for (size_t i = 0; i < json.size(); ++i)
            flatten(path + "[" + names[i] + "]", json[i], values);
    } else {
        values[path] = json;
    }
}

/// A member without what is left out of it.
Json kept(const std::string& key, const Json& member) {
    Json json = member;
    if (!json.is_object()) return json;
    if (key == "configuration")
        for (const char* name : kLeftOutOfConfiguration) json.erase(name);
    if (key == "error")
        for (const char* name : kLeftOutOfError) json.erase(name);
    if (key == "experiment" && json.contains("outputs") && json.at("outputs").is_object())
        for (const char* name : kLeftOutOfOutputs) json.at("outputs").erase(name);
    return json;
}

/// The members of a report, or of a row that has the same members.
void add_members(const std::string& prefix, const Json& report, FlatReport& flat) {
    for (const auto& [key, member] : report.items()) {
        if (is_one_of(key, kLeftOut)) continue;
        if (key == "rows" && is_table(member)) {
            const std::vector<std::string> names = row_names(member);
            for (size_t i = 0; i < member.size(); ++i)
                add_members(names[i] + ": ", member[i], flat);
        } else {
            const bool asked = is_one_of(key, kConfiguration);
            flatten(prefix + key, kept(key, member), asked ? flat.configuration : flat.results);
        }
    }
}

}  // namespace

FlatReport flat_report(const std::string& where, const Json& json) {
    FlatReport flat;
    const bool has_schema =
        json.is_object() && json.contains("schema") && json.at("schema").is_string();
    if (has_schema) flat.schema = json.at("schema");
    if (flat.schema.rfind("tessera.", 0) != 0 || flat.schema == "tessera.diff")
        throw bad_value(where, "schema", has_schema ? flat.schema : json_excerpt(json),
                        "the JSON report of a command, such as tessera.report");
    add_members("", json, flat);
    return flat;
}

void add_point(const std::string& where, const Json& record, FlatReport& sweep) {
    const auto is_text = [&](const char* key) {
        return record.contains(key) && record.at(key).is_string();
    };
    if (!record.is_object() || !is_text("point") || !is_text("state") || !is_text("version"))
        throw bad_value(where, "the line", json_excerpt(record),
                        "the record of a point of a sweep");
    const std::string prefix = record.at("point").get<std::string>() + ": ";
    sweep.configuration["version"] = record.at("version");
    sweep.results[prefix + "state"] = record.at("state");
    for (const auto& [key, member] : record.items()) {
        if (key == "fields" && member.is_object())
            for (const auto& [path, value] : member.items())
                sweep.configuration[prefix + path] = value;
        if (key == "figures" && member.is_object())
            for (const auto& [path, value] : member.items()) sweep.results[prefix + path] = value;
        if (key == "error" && member.is_object())
            sweep.results[prefix + "error"] = member.value("message", Json());
    }
}

}  // namespace tessera::host
