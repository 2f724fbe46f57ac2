// SPDX-License-Identifier: MIT
#include "host/cli/option_checks.h"

#include <cmath>
#include <string>

#include "host/cli/option_values.h"

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

}  // namespace tessera::host
