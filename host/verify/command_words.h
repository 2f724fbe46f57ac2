// SPDX-License-Identifier: MIT
// Single commands and lists of them in words, for the report of a divergence.
#pragma once
#include <string>
#include <vector>

#include "host/verify/compare.h"
#include "spec/command.h"

namespace tessera::verify {

/// One line: the command and its main numbers.
std::string describe(const spec::Command& command);

/// These commands in words.
CommandWords command_words(std::vector<spec::Command> commands);

}  // namespace tessera::verify
