// SPDX-License-Identifier: MIT
// `tessera completions`: scripts that let a shell complete commands, options and the names that an
// option takes. Written from the options themselves.
#pragma once
#include <string>
#include <vector>

namespace tessera::host {

/// The names that an option such as "--device" takes; empty: it takes others, or files.
std::vector<std::string> names_of_option(const std::string& option);

/// For bash, zsh or fish. UserError.
std::string completion_script(const std::string& shell);

}  // namespace tessera::host
