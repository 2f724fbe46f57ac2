// SPDX-License-Identifier: MIT
#include "host/sweep/field_path.h"

#include <algorithm>

#include "host/config/keys.h"
#include "host/error.h"
#include "host/experiment/wrong_value.h"
#include "host/io/json_text.h"

namespace tessera::host {
namespace {

constexpr std::string_view kSettings = "machine.settings.";
constexpr const char* kAllowed =
    "a path of docs/use/experiments.md, such as workload.random.tokens, but for outputs.folder and "
    "outputs.wave; or machine.settings.KEY, with a key of docs/use/configuration.md";

const ExperimentField* find_field(const std::string& path) {
    const auto& fields = experiment_fields();
    const auto found = std::find_if(fields.begin(), fields.end(),
                                    [&](const ExperimentField& f) { return f.path == path; });
    return found == fields.end() ? nullptr : &*found;
}

/// Every point would write there.
bool is_place(const std::string& path) {
    return path == "outputs.folder" || path == "outputs.wave";
}

}  // namespace

std::optional<FieldPath> FieldPath::find(const std::string& path) {
    if (path.rfind(kSettings, 0) == 0) {
        const std::string key = path.substr(kSettings.size());
        const ConfigKey* known = find_key(key);
        if (known == nullptr || !known->settable) return {};
        return FieldPath(*find_field("machine.settings"), path, key);
    }
    const ExperimentField* field = find_field(path);
    if (field == nullptr || is_place(path)) return {};
    return FieldPath(*field, path, "");
}

FieldPath::FieldPath(const std::string& where, const std::string& path) : field_(nullptr) {
    const std::optional<FieldPath> found = find(path);
    if (!found) throw bad_value(where, "field", printable(path), kAllowed);
    *this = *found;
}

std::string FieldPath::short_name() const {
    return path_.substr(path_.rfind('.') + 1);  // npos + 1 is 0
}

nlohmann::json FieldPath::get(const Experiment& experiment) const {
    const nlohmann::json value = field_->get(experiment);
    if (key_.empty()) return value;
    const auto setting = value.find(key_);
    return setting == value.end() ? nlohmann::json() : *setting;
}

void FieldPath::set(Experiment& experiment, const nlohmann::json& value, const std::string& where,
                    const std::string& place) const {
    nlohmann::json all = value;
    if (!key_.empty()) {
        all = field_->get(experiment);
        all[key_] = value;
    }
    if (field_->set(experiment, all)) return;
    if (!key_.empty()) throw bad_value(where, place, json_excerpt(value), "a text or a number");
    const WrongValue wrong = wrong_value(*field_, value);
    throw bad_value(where, place + wrong.part, wrong.value, wrong.allowed);
}

std::string value_name(const nlohmann::json& value) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_./+-").find(c) != std::string_view::npos;
    };
    if (!value.is_string()) return value.dump();
    const auto& text = value.get_ref<const std::string&>();
    const bool word = std::all_of(text.begin(), text.end(), plain);
    return word && !nlohmann::json::accept(text) ? text : value.dump();
}

}  // namespace tessera::host
