// SPDX-License-Identifier: MIT
// How much the program says on stderr, and whether in colours.
#pragma once
#include <cstdio>
#include <string>

namespace tessera::host {

enum class Verbosity {
    kQuiet,    ///< errors, and what stands against a result
    kNormal,   ///< also notes, and progress if stderr is a terminal
    kVerbose,  ///< also each phase, and what was decided and why
};

/// Of this process; --quiet and --verbose set it.
Verbosity& verbosity();

enum class Colour { kRed, kYellow, kGreen };

/// `text` in that colour if `file` is a terminal that has colours; else as it is. NO_COLOR with
/// any value switches colours off (no-color.org).
std::string coloured(const std::string& text, Colour colour, std::FILE* file);

}  // namespace tessera::host
