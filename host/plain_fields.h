// SPDX-License-Identifier: MIT
// Texts for those who know fields by their paths.
#pragma once
#include <string>
#include <string_view>

namespace tessera::host {

/// `text` with fields by their paths, without backticks.
std::string plain_fields(std::string_view text);

}  // namespace tessera::host
