// SPDX-License-Identifier: MIT
#include "host/sweep/record.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/error.h"
#include "host/experiment/experiment_json.h"
#include "host/io/json_text.h"
#include "host/report/document_json.h"
#include "host/sweep/outcome.h"
#include "host/version.h"

namespace tessera::host {
namespace {

using Json = nlohmann::json;

/// Members of a record that are its outcome, in the order in which they are written.
constexpr const char* kOutcomeMembers[] = {"state", "remarks", "notes", "error", "figures"};

bool is_figures(const Json& figures) {
    const auto number = [](const Json& value) { return value.is_number() || value.is_null(); };
    return figures.is_object() && std::all_of(figures.begin(), figures.end(), number);
}

bool is_error(const Json& error) {
    const auto is_text = [&](const char* key) {
        return error.contains(key) && error.at(key).is_string();
    };
    return error.is_object() && is_text("code") && is_text("message");
}

/// Has it a state, and what goes with that?
bool is_outcome(const Json& json) {
    const auto state = json.find("state");
    const auto known = [&](const char* name) { return *state == name; };
    if (state == json.end() ||
        std::none_of(std::begin(kPointStates), std::end(kPointStates), known))
        return false;
    if (*state == "refused" || *state == "failed")
        return json.contains("error") && is_error(json.at("error"));
    return json.contains("figures") && is_figures(json.at("figures"));
}

}  // namespace

const std::string& program_version() {
    static const std::string version =
        fmt::format("{} ({}{})", kVersion, kGitHash, kGitDirty ? ", modified" : "");
    return version;
}

std::string point_hash(const Experiment& experiment) {
    return text_hash(canonical_text(experiment) + "\n" + program_version());
}

Json error_outcome(const Error& error) {
    return {{"state", state_name(error)},
            {"error",
             {{"code", error_code_name(error.code())},
              {"message", error.what()},
              {"field", error.field()},
              {"value", error.value()},
              {"allowed", error.allowed()}}}};
}

std::string record_line(const Grid& grid, const GridPoint& point, const std::string& hash,
                        const Json& outcome) {
    nlohmann::ordered_json record = {
        {"point", point.name}, {"hash", hash}, {"version", program_version()}};
    nlohmann::ordered_json& fields = record["fields"] = nlohmann::ordered_json::object();
    for (const FieldPath& field : grid.fields()) fields[field.path()] = field.get(point.experiment);
    for (const char* member : kOutcomeMembers)
        if (outcome.contains(member)) record[member] = outcome.at(member);
    return dumped(record, -1);
}

Record read_record(const std::string& where, std::string_view line) {
    const Json json = parse_json(where, line);
    const auto is_text = [&](const char* key) {
        return json.contains(key) && json.at(key).is_string();
    };
    if (!json.is_object() || !is_text("hash") || !is_text("version") || !is_outcome(json))
        throw bad_value(where, "the line", printable(line),
                        "the record of a point, as tessera sweep writes it");
    Record record{json.at("hash"), json.at("version"), Json::object()};
    for (const char* member : kOutcomeMembers)
        if (json.contains(member)) record.outcome[member] = json.at(member);
    return record;
}

}  // namespace tessera::host
