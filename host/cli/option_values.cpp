// SPDX-License-Identifier: MIT
#include "host/cli/option_values.h"

#include <cstdint>
#include <sstream>

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

}  // namespace tessera::host
