// SPDX-License-Identifier: MIT
#include "host/text/json_place.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "host/error.h"
#include "host/io/json_text.h"

namespace tessera::host {
namespace {

const nlohmann::json& missing() {
    static const nlohmann::json value;
    return value;
}

}  // namespace

JsonPlace::JsonPlace(const std::string& file, const nlohmann::json& root)
    : JsonPlace(file, root, "") {}

JsonPlace::JsonPlace(const std::string& file, const nlohmann::json& value, std::string path)
    : file_(&file), value_(&value), path_(std::move(path)) {}

bool JsonPlace::is_null() const { return value_->is_null(); }

std::string JsonPlace::path_of(const std::string& key) const {
    return path_.empty() ? printable(key) : path_ + "." + printable(key);
}

void JsonPlace::refuse(const std::string& allowed) const {
    throw bad_value(*file_, path_.empty() ? "the file" : path_,
                    value_ == &missing() ? "missing" : json_excerpt(*value_), allowed);
}

JsonPlace JsonPlace::operator[](const std::string& key) const {
    if (!value_->is_object()) refuse("a JSON object");
    const auto found = value_->find(key);
    return {*file_, found == value_->end() ? missing() : *found, path_of(key)};
}

JsonPlace JsonPlace::operator[](size_t index) const {
    return {*file_, value_->at(index), path_ + "[" + std::to_string(index) + "]"};
}

size_t JsonPlace::size() const {
    if (!value_->is_array()) refuse("a JSON array");
    return value_->size();
}

const std::string& JsonPlace::text(const std::string& allowed) const {
    if (!value_->is_string()) refuse(allowed);
    return value_->get_ref<const std::string&>();
}

bool JsonPlace::flag_or(bool otherwise) const {
    if (is_null()) return otherwise;
    if (!value_->is_boolean()) refuse("true or false");
    return value_->get<bool>();
}

void JsonPlace::allow_keys(std::initializer_list<const char*> keys) const {
    if (!value_->is_object()) refuse("a JSON object");
    for (const auto& [key, value] : value_->items()) {
        if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
        std::string allowed;
        for (const char* const name : keys)
            allowed += (allowed.empty() ? "" : ", ") + std::string(name);
        throw bad_key(*file_, path_.empty() ? "" : path_ + ".", key, "unknown", allowed);
    }
}

void JsonPlace::require_off(const std::string& why) const {
    if (!is_null() && *value_ != false) refuse("null or false; " + why);
}

}  // namespace tessera::host
