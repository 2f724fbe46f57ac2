// SPDX-License-Identifier: MIT
// Values on the command line: what each kind allows, in the same words everywhere.
#pragma once
#include <charconv>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "host/error.h"
#include "host/experiment/names.h"

namespace tessera::host {

/// Is `text` as a whole a T?
template <typename T>
bool parses_as(const std::string& text, T& value) {
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    return read.ec == std::errc() && read.ptr == end;
}

/// The parts of `text` between commas; of an empty text one, empty.
std::vector<std::string> parts_of(const std::string& text);

/// The numbers in `text`, commas between. UserError says `allowed`.
std::vector<uint32_t> number_list(const char* option, const std::string& text, const char* allowed);

/// "key=value" of --set, once for each key. UserError; what keys there are is known later.
void add_setting(std::map<std::string, std::string>& settings, const std::string& text);

/// The value that belongs to `text`, or a UserError that lists the names.
template <typename T>
T choose(const char* option, const std::string& text,
         const std::vector<std::pair<std::string, T>>& choices) {
    std::string names;
    for (const auto& [name, value] : choices) {
        if (name == text) return value;
        names += (names.empty() ? "" : ", ") + name;
    }
    throw bad_value("command line", option, printable(text), names);
}

/// The same of a choice of experiments.
template <typename Choice>
Choice choose(const char* option, const std::string& text) {
    Choice choice{};
    if (choice_of(text, choice)) return choice;
    throw bad_value("command line", option, printable(text), all_names<Choice>());
}

}  // namespace tessera::host
