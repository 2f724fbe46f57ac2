// SPDX-License-Identifier: MIT
#include "host/cli/terminal.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace tessera::host {
namespace {

bool has_colours(std::FILE* file) {
    const char* const none = std::getenv("NO_COLOR");
    const char* const terminal = std::getenv("TERM");
    const bool refused = none != nullptr && *none != '\0';
    const bool plain = terminal == nullptr || std::string_view(terminal) == "dumb";
    return !refused && !plain && isatty(fileno(file)) == 1;
}

/// Select Graphic Rendition of ECMA-48.
const char* code_of(Colour colour) {
    switch (colour) {
        case Colour::kRed: return "31";
        case Colour::kYellow: return "33";
        case Colour::kGreen: break;
    }
    return "32";
}

}  // namespace

Verbosity& verbosity() {
    static Verbosity verbosity = Verbosity::kNormal;
    return verbosity;
}

std::string coloured(const std::string& text, Colour colour, std::FILE* file) {
    if (!has_colours(file)) return text;
    return std::string("\033[1;") + code_of(colour) + "m" + text + "\033[0m";
}

}  // namespace tessera::host
