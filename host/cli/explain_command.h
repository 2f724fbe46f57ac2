// SPDX-License-Identifier: MIT
// `tessera explain`: definitions, from where the program itself takes them.
#pragma once
#include <string>

namespace tessera::host {

/// Prints what `key` means: a figure or counter of a report, a configuration key, a field of an
/// experiment, an exit code; the last part of a path is enough. Empty: all keys. UserError if there
/// is no such key. Runs small experiments in processes of their own, for their figures.
int explain_command(const std::string& key);

}  // namespace tessera::host
