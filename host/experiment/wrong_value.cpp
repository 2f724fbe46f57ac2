// SPDX-License-Identifier: MIT
#include "host/experiment/wrong_value.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "host/error.h"
#include "host/experiment/field_values.h"
#include "host/io/json_text.h"
#include "host/io/utf8.h"

namespace tessera::host {
namespace {

using nlohmann::json;

/// Does the field take values of this type of JSON Schema?
bool takes(const ExperimentField& field, const char* type) {
    const json types = field.schema.value("type", json());
    return types == type || (types.is_array() && types.at(0) == type);
}

/// What is wrong with a text where texts are allowed.
WrongValue wrong_text(const std::string& part, const std::string& text) {
    if (!is_utf8(text)) return {part, "\"" + text + "\"", "a text in UTF-8"};
    return {part, json_excerpt(text), "a text without NUL"};
}

WrongValue wrong_element(const ExperimentField& field, const json& list) {
    Experiment scratch;
    size_t place = 0;
    while (place + 1 < list.size() && field.set(scratch, json::array({list[place]}))) ++place;
    return {fmt::format("[{}]", place), json_excerpt(list[place]),
            FieldValue<uint32_t>::allowed(FieldValue<std::vector<uint32_t>>::kElements)};
}

WrongValue wrong_member(const ExperimentField& field, const json& object) {
    const auto good = [&field](const auto& member) {
        Experiment scratch;
        json one = json::object();
        one[member.key()] = member.value();
        return field.set(scratch, one);
    };
    auto member = object.begin();
    while (std::next(member) != object.end() && good(member)) ++member;
    if (!readable_text(member.key())) return wrong_text(": a key", member.key());
    const std::string part =
        ": " + (member.key().empty() ? json_excerpt("") : printable(member.key()));
    if (member->is_string()) return wrong_text(part, member->get<std::string>());
    return {part, json_excerpt(*member), "a text or a number"};
}

}  // namespace

WrongValue wrong_value(const ExperimentField& field, const json& value) {
    if (value.is_array() && !value.empty() && takes(field, "array"))
        return wrong_element(field, value);
    if (value.is_object() && !value.empty() && takes(field, "object"))
        return wrong_member(field, value);
    if (value.is_string() && takes(field, "string"))
        return wrong_text("", value.get<std::string>());
    return {"", json_excerpt(value), field.allowed};
}

}  // namespace tessera::host
