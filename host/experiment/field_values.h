// SPDX-License-Identifier: MIT
// Types of an experiment's fields as JSON: what each is written as, what is read, what is allowed.
#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "host/experiment/names.h"
#include "host/io/utf8.h"

namespace tessera::host {

/// The range of a number; other types have none.
struct FieldRange {
    int64_t least = 0;
    uint64_t most = std::numeric_limits<uint64_t>::max();
};

inline bool readable_text(const nlohmann::json& json) {
    if (!json.is_string()) return false;
    const auto& text = json.get_ref<const std::string&>();
    return text.find('\0') == std::string::npos && is_utf8(text);
}

/// 4.0 and 4e0 as 4: JSON Schema, too, calls such numbers integers. Others stay what they are.
inline nlohmann::json as_whole(const nlohmann::json& json) {
    if (!json.is_number_float()) return json;
    const auto number = json.get<double>();
    if (number != std::trunc(number)) return json;
    if (number >= 0 && number < 0x1p64) return static_cast<uint64_t>(number);
    if (number < 0 && number >= -0x1p63) return static_cast<int64_t>(number);
    return json;
}

/// Of an enumeration; the types below are specialised. A value has `json`, what it is written as,
/// and `read`, which is false for anything that is not allowed; a type has `schema` and `allowed`.
template <typename T>
struct FieldValue {
    static nlohmann::json json(const T& value) { return name_of(value); }
    static bool read(const nlohmann::json& json, const FieldRange&, T& value) {
        return json.is_string() && choice_of(json.get<std::string>(), value);
    }
    static nlohmann::json schema(const FieldRange&) {
        nlohmann::json names = nlohmann::json::array();
        for (const auto& named : names_of(T())) names.push_back(named.name);
        return {{"enum", names}};
    }
    static std::string allowed(const FieldRange&) { return all_names<T>(); }
};

template <>
struct FieldValue<bool> {
    static nlohmann::json json(bool value) { return value; }
    static bool read(const nlohmann::json& json, const FieldRange&, bool& value) {
        if (!json.is_boolean()) return false;
        value = json.get<bool>();
        return true;
    }
    static nlohmann::json schema(const FieldRange&) { return {{"type", "boolean"}}; }
    static std::string allowed(const FieldRange&) { return "true, false"; }
};

/// Whole numbers that are not negative.
template <typename T>
struct UnsignedValue {
    static nlohmann::json json(T value) { return value; }
    static bool read(const nlohmann::json& given, const FieldRange& range, T& value) {
        const nlohmann::json json = as_whole(given);
        if (!json.is_number_unsigned()) return false;
        const auto number = json.get<uint64_t>();
        if (number < static_cast<uint64_t>(range.least) || number > range.most) return false;
        value = static_cast<T>(number);
        return true;
    }
    static nlohmann::json schema(const FieldRange& range) {
        return {{"type", "integer"}, {"minimum", range.least}, {"maximum", range.most}};
    }
    static std::string allowed(const FieldRange& range) {
        const bool all = range.most == std::numeric_limits<uint64_t>::max();
        return "a whole number, " + std::to_string(range.least) + " to " +
               (all ? "2^64 - 1" : std::to_string(range.most));
    }
};
template <>
struct FieldValue<uint64_t> : UnsignedValue<uint64_t> {};
template <>
struct FieldValue<uint32_t> : UnsignedValue<uint32_t> {};

template <>
struct FieldValue<int64_t> {
    static nlohmann::json json(int64_t value) { return value; }
    static bool read(const nlohmann::json& given, const FieldRange& range, int64_t& value) {
        const nlohmann::json json = as_whole(given);
        if (!json.is_number_integer()) return false;
        const auto most = static_cast<int64_t>(range.most);
        if (json.is_number_unsigned() && json.get<uint64_t>() > range.most) return false;
        const auto number = json.get<int64_t>();
        if (number < range.least || number > most) return false;
        value = number;
        return true;
    }
    static nlohmann::json schema(const FieldRange& range) {
        return UnsignedValue<uint64_t>::schema(range);
    }
    static std::string allowed(const FieldRange& range) {
        return UnsignedValue<uint64_t>::allowed(range);
    }
};

template <>
struct FieldValue<double> {
    static nlohmann::json json(double value) { return value; }
    static bool read(const nlohmann::json& json, const FieldRange&, double& value) {
        if (!json.is_number() || !std::isfinite(json.get<double>())) return false;
        value = json.get<double>();
        return true;
    }
    static nlohmann::json schema(const FieldRange&) { return {{"type", "number"}}; }
    static std::string allowed(const FieldRange&) { return "a finite number"; }
};

template <>
struct FieldValue<std::string> {
    static nlohmann::json json(const std::string& value) { return value; }
    static bool read(const nlohmann::json& json, const FieldRange&, std::string& value) {
        if (!readable_text(json)) return false;
        value = json.get<std::string>();
        return true;
    }
    static nlohmann::json schema(const FieldRange&) { return {{"type", "string"}}; }
    static std::string allowed(const FieldRange&) { return "a text"; }
};

template <>
struct FieldValue<std::vector<uint32_t>> {
    static nlohmann::json json(const std::vector<uint32_t>& value) { return value; }
    static bool read(const nlohmann::json& json, const FieldRange&, std::vector<uint32_t>& value) {
        if (!json.is_array()) return false;
        std::vector<uint32_t> numbers;
        for (const nlohmann::json& element : json)
            if (!FieldValue<uint32_t>::read(element, kElements, numbers.emplace_back()))
                return false;
        value = numbers;
        return true;
    }
    static nlohmann::json schema(const FieldRange&) {
        return {{"type", "array"}, {"items", FieldValue<uint32_t>::schema(kElements)}};
    }
    static std::string allowed(const FieldRange&) {
        return "a list of whole numbers, 0 to " + std::to_string(kElements.most);
    }
    static constexpr FieldRange kElements = {0, std::numeric_limits<uint32_t>::max()};
};

/// Values are texts; numbers are read as their text.
template <>
struct FieldValue<std::map<std::string, std::string>> {
    using Map = std::map<std::string, std::string>;
    static nlohmann::json json(const Map& value) {
        return value.empty() ? nlohmann::json::object() : nlohmann::json(value);
    }
    static bool read(const nlohmann::json& json, const FieldRange&, Map& value) {
        if (!json.is_object()) return false;
        Map all;
        for (const auto& [key, element] : json.items()) {
            if (!readable_text(key) || (!element.is_number() && !readable_text(element)))
                return false;
            all[key] = element.is_number() ? as_whole(element).dump() : element.get<std::string>();
        }
        value = all;
        return true;
    }
    static nlohmann::json schema(const FieldRange&) {
        return {{"type", "object"}, {"additionalProperties", {{"type", {"string", "number"}}}}};
    }
    static std::string allowed(const FieldRange&) {
        return "an object of keys with texts or numbers";
    }
};

/// null: no value.
template <typename T>
struct FieldValue<std::optional<T>> {
    static nlohmann::json json(const std::optional<T>& value) {
        return value ? FieldValue<T>::json(*value) : nlohmann::json();
    }
    static bool read(const nlohmann::json& json, const FieldRange& range, std::optional<T>& value) {
        T given{};
        if (!json.is_null() && !FieldValue<T>::read(json, range, given)) return false;
        value = json.is_null() ? std::nullopt : std::optional<T>(given);
        return true;
    }
    static nlohmann::json schema(const FieldRange& range) {
        nlohmann::json schema = FieldValue<T>::schema(range);
        if (schema.contains("enum")) {
            schema["enum"].push_back(nullptr);
            return schema;
        }
        nlohmann::json types = nlohmann::json::array();
        types.push_back(schema.at("type"));
        types.push_back("null");
        schema["type"] = types;
        return schema;
    }
    static std::string allowed(const FieldRange& range) {
        return FieldValue<T>::allowed(range) + ", or null";
    }
};

}  // namespace tessera::host
