// SPDX-License-Identifier: MIT
#include "host/experiment/experiment_json.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "host/error.h"
#include "host/experiment/fields.h"
#include "host/experiment/wrong_value.h"
#include "host/io/json_text.h"
#include "host/io/mapped_file.h"

namespace tessera::host {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr uint64_t kMaxExperimentBytes = 1 << 24;

/// "workload.mask.window": "/workload/mask/window".
std::string pointer_text(const std::string& path) {
    std::string pointer = "/" + path;
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    return pointer;
}

/// Every field in a tree of objects.
template <typename Json>
Json tree_of(const Experiment& experiment) {
    Json tree = Json::object();
    for (const ExperimentField& field : experiment_fields())
        tree[typename Json::json_pointer(pointer_text(field.path))] = field.get(experiment);
    return tree;
}

/// The names below `prefix` ("", "workload."), each once, for messages.
std::string names_below(const std::string& prefix) {
    std::string names, last;
    for (const ExperimentField& field : experiment_fields()) {
        if (field.path.rfind(prefix, 0) != 0) continue;
        const std::string rest = field.path.substr(prefix.size());
        const std::string name = rest.substr(0, rest.find('.'));
        if (name != last) names += (names.empty() ? "" : ", ") + name;
        last = name;
    }
    return names;
}

/// How to write a field that was given as one key: {"machine": {"device": ...}}. Of other keys
/// nothing.
std::string nested_form(const std::string& path) {
    const auto& fields = experiment_fields();
    const bool known = std::any_of(fields.begin(), fields.end(),
                                   [&](const ExperimentField& f) { return f.path == path; });
    if (!known) return "";
    std::string form = "...";
    for (size_t end = path.size(), dot = 0; dot != std::string::npos; end = dot) {
        dot = path.rfind('.', end - 1);
        const size_t begin = dot == std::string::npos ? 0 : dot + 1;
        form = "{\"" + path.substr(begin, end - begin) + "\": " + form + "}";
    }
    return "; write it as " + form;
}

/// A mistake in `json` that is about the field `path`, or `part` of it.
UserError bad_entry(const std::string& where, const std::string& path, const std::string& part,
                    const std::string& value, const std::string& allowed) {
    const UserError error = bad_value(where, path + part, value, allowed);
    return UserError(error.text(), {path, error.value(), error.allowed()});
}

[[noreturn]] void refuse_key(const std::string& where, const std::string& prefix,
                             const std::string& name) {
    const std::string path = prefix + name;
    const UserError error =
        bad_key(where, prefix, name, "unknown", names_below(prefix) + nested_form(path));
    throw UserError(error.text(), {path, error.value(), error.allowed()});
}

/// Reads the members of `object`, whose paths begin with `prefix`.
void read_object(const std::string& where, const json& object, const std::string& prefix,
                 Experiment& experiment) {
    for (const auto& [name, value] : object.items()) {
        const std::string path = prefix + name;
        const auto& fields = experiment_fields();
        const auto field =
            std::find_if(fields.begin(), fields.end(),
                         [&path = path](const ExperimentField& f) { return f.path == path; });
        const bool dotted = name.find('.') != std::string::npos;
        if (field != fields.end() && !dotted) {
            if (field->set(experiment, value)) continue;
            const WrongValue wrong = wrong_value(*field, value);
            throw bad_entry(where, path, wrong.part, wrong.value, wrong.allowed);
        } else if (const std::string below = names_below(path + "."); dotted || below.empty()) {
            refuse_key(where, prefix, name);
        } else if (!value.is_object()) {
            throw bad_entry(where, path, "", json_excerpt(value), "an object of " + below);
        } else {
            read_object(where, value, path + ".", experiment);
        }
    }
}

}  // namespace

ordered_json experiment_json(const Experiment& experiment) {
    return tree_of<ordered_json>(experiment);
}

Experiment read_experiment(const std::string& where, std::string_view text) {
    const json root = parse_json(where, text);
    if (!root.is_object())
        throw bad_value(where, "the experiment", json_excerpt(root), "a JSON object");
    Experiment experiment;
    read_object(where, root, "", experiment);
    return experiment;
}

Experiment read_experiment_file(const std::string& path) {
    const MappedFile file(path);
    if (file.bytes() > kMaxExperimentBytes)
        throw bad_value(path, "file size", std::to_string(file.bytes()) + " bytes",
                        "at most " + std::to_string(kMaxExperimentBytes));
    return read_experiment(path, {reinterpret_cast<const char*>(file.data()), file.bytes()});
}

ordered_json experiment_schema() {
    const Experiment defaults;
    ordered_json schema = {
        {"$schema", "https://json-schema.org/draft/2020-12/schema"},
        {"title", "Tessera experiment"},
        {"description", "One point to simulate; what is left out has its default"},
        {"type", "object"},
        {"additionalProperties", false},
        {"properties", ordered_json::object()}};
    for (const ExperimentField& field : experiment_fields()) {
        ordered_json* object = &schema;
        size_t begin = 0;
        for (size_t dot; (dot = field.path.find('.', begin)) != std::string::npos;
             begin = dot + 1) {
            object = &(*object)["properties"][field.path.substr(begin, dot - begin)];
            if (object->is_null())
                *object = {{"type", "object"},
                           {"additionalProperties", false},
                           {"properties", ordered_json::object()}};
        }
        ordered_json entry = {{"description", field.meaning}};
        entry.update(ordered_json(field.schema));
        entry["default"] = field.get(defaults);
        (*object)["properties"][field.path.substr(begin)] = entry;
    }
    return schema;
}

std::string canonical_text(const Experiment& experiment) {
    return tree_of<json>(experiment).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string experiment_hash(const Experiment& experiment) {
    return text_hash(canonical_text(experiment));
}

std::string text_hash(std::string_view of) {
    uint64_t hash = 0xcbf29ce484222325;
    for (const char c : of) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
    return text;
}

}  // namespace tessera::host
