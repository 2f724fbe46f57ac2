// SPDX-License-Identifier: MIT
// JSON, strictly: what the nlohmann parser lets pass and a user would not want is an error here,
// duplicate keys above all. Time and memory are linear in the text.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace tessera::host {

inline constexpr size_t kMaxJsonDepth = 32;

/// Parses the whole of `text`; `where` names it in messages. UserError: syntax, invalid UTF-8,
/// number out of range, duplicate key, nesting deeper than kMaxJsonDepth.
nlohmann::json parse_json(const std::string& where, std::string_view text);

/// The value as JSON text of one line, short enough for a message. NaN and Inf, which JSON lacks,
/// are nan, inf and -inf.
std::string json_excerpt(const nlohmann::json& value);

}  // namespace tessera::host
