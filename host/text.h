// SPDX-License-Identifier: MIT
// Numbers as people read them.
#pragma once
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

namespace tessera::host {

/// 1234567 as "1,234,567".
inline std::string with_commas(uint64_t x) {
    std::string text = fmt::to_string(x);
    for (size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
    return text;
}

/// "1 head", "2,000 heads".
inline std::string plural(uint64_t count, const char* unit) {
    return fmt::format("{} {}{}", with_commas(count), unit, count == 1 ? "" : "s");
}

/// 0.00123 with unit "s" as "1.23 ms": three digits, powers of 1,000.
inline std::string engineering(double x, const char* unit) {
    static constexpr const char* kPrefixes[] = {"p", "n", "u", "m", "", "k", "M", "G", "T", "P"};
    constexpr int kUnity = 4, kLast = 9;
    if (!std::isfinite(x)) return fmt::format("n/a {}", unit);
    int prefix = kUnity;
    if (x > 0) prefix += static_cast<int>(std::floor(std::log10(x) / 3 + 1e-9));
    prefix = std::clamp(prefix, 0, kLast);
    return fmt::format("{:.3g} {}{}", x / std::pow(1000.0, prefix - kUnity), kPrefixes[prefix],
                       unit);
}

}  // namespace tessera::host
