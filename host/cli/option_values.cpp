// SPDX-License-Identifier: MIT
#include "host/cli/option_values.h"

#include <cstdint>
#include <sstream>

#include "host/config/keys.h"

namespace tessera::host {

std::vector<std::string> parts_of(const std::string& text) {
    std::vector<std::string> parts;
    std::stringstream stream(text + ",");
    for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
    return parts;
}

std::vector<uint32_t> number_list(const char* option, const std::string& text,
                                  const char* allowed) {
    std::vector<uint32_t> numbers;
    for (const std::string& part : parts_of(text)) {
        uint32_t number;
        if (!parses_as(part, number))
            throw bad_value("command line", option, printable(text), allowed);
        numbers.push_back(number);
    }
    return numbers;
}

void add_setting(std::map<std::string, std::string>& settings, const std::string& text) {
    const size_t equals = text.find('=');
    const std::string path = text.substr(0, equals);
    if (equals == std::string::npos) {
        const ConfigKey* key = find_key(path);
        if (key != nullptr && key->settable)
            throw bad_value("--set", path, "without a value", path + "=VALUE: " + key->allowed());
    }
    const std::string value = equals == std::string::npos ? "" : text.substr(equals + 1);
    const auto [before, fresh] = settings.emplace(path, value);
    if (!fresh)
        throw bad_value("--set", printable(path), "given twice", "once, it was " + before->second);
}

}  // namespace tessera::host
