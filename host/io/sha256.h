// SPDX-License-Identifier: MIT
// By the SHA-256 of a file everyone can tell whether it is the one that a report was made from.
#pragma once
#include <string>

namespace tessera::host {

/// In hexadecimal. UserError if the file cannot be read.
std::string sha256_of_file(const std::string& path);

}  // namespace tessera::host
