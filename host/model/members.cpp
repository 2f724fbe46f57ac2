// SPDX-License-Identifier: MIT
#include "host/model/members.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/error.h"
#include "host/io/json_text.h"

namespace tessera::host {
namespace {

std::string list_of(const std::vector<std::string>& names) {
    return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Members::Members(std::string where, std::string path, const nlohmann::json& object)
    : where_(std::move(where)), path_(std::move(path)), object_(object) {
    if (!object.is_object())
        throw bad_value(where_, path_.empty() ? "the description" : printable(path_),
                        json_excerpt(object), "a JSON object");
}

std::string Members::path_of(const std::string& key) const {
    return path_.empty() ? key : path_ + "." + key;
}

void Members::refuse(const std::string& key, const std::string& value,
                     const std::string& allowed) const {
    throw bad_value(where_, printable(path_of(key)), value, allowed);
}

bool Members::has(const std::string& key) {
    asked_.push_back(key);
    return object_.contains(key);
}

const nlohmann::json& Members::value(const std::string& key, const std::string& allowed) {
    if (!has(key)) refuse(key, "missing", allowed);
    return object_.at(key);
}

std::string Members::text(const std::string& key) {
    const nlohmann::json& member = value(key, "a name");
    if (!member.is_string() || member.get<std::string>().empty())
        refuse(key, json_excerpt(member), "a name");
    return member.get<std::string>();
}

uint32_t Members::count(const std::string& key, uint32_t low, uint32_t high) {
    const std::string allowed = fmt::format("a whole number, {} to {}", low, high);
    const nlohmann::json& member = value(key, allowed);
    if (!member.is_number_unsigned() || member.get<uint64_t>() < low ||
        member.get<uint64_t>() > high)
        refuse(key, json_excerpt(member), allowed);
    return member.get<uint32_t>();
}

double Members::number(const std::string& key, double low, double high) {
    const std::string allowed = fmt::format("a number, {} to {}", low, high);
    const nlohmann::json& member = value(key, allowed);
    if (!member.is_number() || !(member.get<double>() >= low && member.get<double>() <= high))
        refuse(key, json_excerpt(member), allowed);
    return member.get<double>();
}

bool Members::flag(const std::string& key) {
    const nlohmann::json& member = value(key, "true or false");
    if (!member.is_boolean()) refuse(key, json_excerpt(member), "true or false");
    return member.get<bool>();
}

size_t Members::choice_index(const std::string& key, const std::vector<std::string>& names) {
    const std::string name = text(key);
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) refuse(key, name, list_of(names));
    return static_cast<size_t>(found - names.begin());
}

std::string Members::text_or(const std::string& key, const std::string& otherwise) {
    return has(key) ? text(key) : otherwise;
}

uint32_t Members::count_or(const std::string& key, uint32_t low, uint32_t high,
                           uint32_t otherwise) {
    return has(key) ? count(key, low, high) : otherwise;
}

double Members::number_or(const std::string& key, double low, double high, double otherwise) {
    return has(key) ? number(key, low, high) : otherwise;
}

bool Members::flag_or(const std::string& key, bool otherwise) {
    return has(key) ? flag(key) : otherwise;
}

void Members::finish() const {
    for (const auto& [name, member] : object_.items())
        if (std::find(asked_.begin(), asked_.end(), name) == asked_.end()) {
            std::vector<std::string> known = asked_;
            std::sort(known.begin(), known.end());
            known.erase(std::unique(known.begin(), known.end()), known.end());
            throw bad_key(where_, path_.empty() ? "" : path_ + ".", name, "unknown",
                          list_of(known));
        }
}

}  // namespace tessera::host
