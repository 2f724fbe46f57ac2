// SPDX-License-Identifier: MIT
// Numbers as people read them.
#pragma once
#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace tessera::host {

/// 1234567 as "1,234,567".
inline std::string with_commas(uint64_t x) {
    std::string text = fmt::to_string(x);
    for (size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
    return text;
}

}  // namespace tessera::host
