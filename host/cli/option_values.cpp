// SPDX-License-Identifier: MIT
#include "host/cli/option_values.h"

#include <cmath>
#include <cstdint>
#include <sstream>

namespace tessera::host {

CLI::Validator whole_number() {
    return {[](std::string& text) {
                uint64_t value;
                if (parses_as(text, value)) return std::string();
                return printable(text) + " is not allowed; allowed: a whole number, 0 to 2^64 - 1";
            },
            ""};
}

CLI::Validator from_one(uint64_t most) {
    return {[most](std::string& text) {
                uint64_t value;
                if (parses_as(text, value) && value != 0 && value <= most) return std::string();
                return printable(text) + " is not allowed; allowed: a whole number, 1 to " +
                       (most == UINT64_MAX ? "2^64 - 1" : std::to_string(most));
            },
            ""};
}

CLI::Validator not_empty() {
    return {[](std::string& text) {
                return text.empty() ? std::string("an empty name is not allowed") : std::string();
            },
            ""};
}

CLI::Validator finite_number() {
    return {[](std::string& text) {
                double value;
                if (parses_as(text, value) && std::isfinite(value)) return std::string();
                return printable(text) + " is not allowed; allowed: a finite number";
            },
            ""};
}

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
